//! Sagas that await sagas: a crash anywhere in the tree, forward and in a rollback.

use scoop::Status::{Completed, RolledBack, Stuck};

use crate::children::{careful, down, journey, legs, past_a_pivot_below};
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, everywhere};

on_every_store!(
    sagas_of_sagas,
    a_saga_below_that_fails,
    a_saga_below_that_is_undone_later,
    a_failure_below_that_is_caught,
    a_saga_that_awaits_itself,
    a_pivot_below,
);

async fn sagas_of_sagas(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "18",
        happened: &[
            "a 1 +flight",
            "body night 1",
            "b 1 +hotel 1",
            "b 2 +breakfast 1",
            "body slept 1",
            "body night 2",
            "c 1 +hotel 2",
            "c 2 +breakfast 2",
            "body slept 2",
            "body goes home",
        ],
    };
    everywhere(place, journey, wanted).await;
}

fn places(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

async fn a_saga_below_that_fails(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +flight",
            "b 1 +x",
            "b 2 +full",
            "b 1:undo -x",
            "a 1:undo -flight",
        ],
    };
    let call = |case| legs(case, places(&["x", "full"]), Vec::new());
    everywhere(place, call, wanted).await;
}

async fn a_saga_below_that_is_undone_later(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["cancel of 3: Undone { attempt: 1 }", "leg of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +flight",
            "b 1 +x",
            "b 2 +y",
            "a 3 +car",
            "c 1 +z",
            "c 2 +full",
            "c 1:undo -z",
            "a 3:undo -car",
            "b 2:undo -y",
            "b 1:undo -x",
            "a 1:undo -flight",
        ],
    };
    let call = |case| legs(case, places(&["x", "y"]), places(&["z", "full"]));
    everywhere(place, call, wanted).await;
}

async fn a_failure_below_that_is_caught(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""Some(Full(\"full\")), full again is full""#,
        happened: &[
            "a 1 +x",
            "a 2 +full",
            "a 1:undo -x",
            "b 1 +full again",
            "c 3 +train",
        ],
    };
    everywhere(place, careful, wanted).await;
}

async fn a_saga_that_awaits_itself(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["down of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +step 3",
            "b 1 +step 2",
            "c 1 +step 1",
            "d 1 +step 0",
            "a 3 +full",
            "d 1:undo -step 0",
            "c 1:undo -step 1",
            "b 1:undo -step 2",
            "a 1:undo -step 3",
        ],
    };
    everywhere(place, |case| down(case, 3, 3), wanted).await;
}

async fn a_pivot_below(place: Place) {
    let wanted = Wanted {
        status: Stuck,
        result: r#"Error Some(Full("full")) []"#,
        happened: &["a 1 +x", "b 1 pay 7", "a 3 +full"],
    };
    everywhere(place, past_a_pivot_below, wanted).await;
}
