//! Runs that leave memory while they wait for others: a crash anywhere in the tree, before and after each
//! commit, and before and after each leaves.

use std::time::Duration;

use scoop::Status::{Completed, RolledBack};
use scoop::saga;

use crate::join::anywhere;
use crate::sagas::{Full, book};
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, after_every_commit, commits, everywhere};

on_every_store!(
    who_rests_goes_on,
    who_rests_is_undone,
    who_rests_at_every_height_goes_on,
    several_that_rest_go_on,
    several_that_rest_are_undone,
);

#[saga]
async fn nap(case: String, seconds: u64) -> Result<u64, Full> {
    book(&case, &format!("bed for {seconds}")).await?;
    scoop::sleep(Duration::from_secs(seconds)).await;
    book(&case, &format!("breakfast after {seconds}")).await?;
    Ok(seconds)
}

#[saga]
async fn host(case: String, then: String) -> Result<u64, Full> {
    book(&case, "flight").await?;
    let slept = nap(case.clone(), 60).await?;
    book(&case, &then).await?;
    Ok(slept)
}

#[saga]
async fn hosts(case: String) -> Result<u64, Full> {
    let slept = host(case.clone(), "car".to_owned()).await?;
    book(&case, "way home").await?;
    Ok(slept)
}

#[saga]
async fn both(case: String, then: String) -> Result<u64, Full> {
    let (one, other) = scoop::join!(nap(case.clone(), 60), nap(case.clone(), 90));
    let slept = one? + other?;
    book(&case, &then).await?;
    Ok(slept)
}

/// More than with those above in memory: what leaves it counts.
async fn who_rests_goes_on(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "60",
        happened: &[
            "a 1 +flight",
            "b 1 +bed for 60",
            "b 3 +breakfast after 60",
            "a 3 +car",
        ],
    };
    let call = |case| host(case, "car".to_owned());
    assert_eq!(commits(&place.fresh(), call).await, 9);
    everywhere(place, call, wanted).await;
}

async fn who_rests_is_undone(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["nap of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +flight",
            "b 1 +bed for 60",
            "b 3 +breakfast after 60",
            "a 3 +full",
            "b 3:undo -breakfast after 60",
            "b 1:undo -bed for 60",
            "a 1:undo -flight",
        ],
    };
    everywhere(place, |case| host(case, "full".to_owned()), wanted).await;
}

async fn who_rests_at_every_height_goes_on(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "60",
        happened: &[
            "a 1 +flight",
            "b 1 +bed for 60",
            "b 3 +breakfast after 60",
            "a 3 +car",
            "c 2 +way home",
        ],
    };
    // The two above leave at the same time, in any order.
    after_every_commit(place, hosts, wanted).await;
}

async fn several_that_rest_go_on(place: Place) {
    let happened = [
        "1 +bed for 60",
        "1 +bed for 90",
        "2 +car",
        "3 +breakfast after 60",
        "3 +breakfast after 90",
    ];
    let call = |case| both(case, "car".to_owned());
    anywhere(place, call, Completed, "150", &happened).await;
}

async fn several_that_rest_are_undone(place: Place) {
    let happened = [
        "1 +bed for 60",
        "1 +bed for 90",
        "1:undo -bed for 60",
        "1:undo -bed for 90",
        "2 +full",
        "3 +breakfast after 60",
        "3 +breakfast after 90",
        "3:undo -breakfast after 60",
        "3:undo -breakfast after 90",
    ];
    let result = r#"Error Some(Full("full")) ["nap of 1: Undone { attempt: 1 }", "nap of 1: Undone { attempt: 1 }"]"#;
    let call = |case| both(case, "full".to_owned());
    anywhere(place, call, RolledBack, result, &happened).await;
}
