//! `async` blocks against the clock: one that is late is undone, as one is that loses a race.

use scoop::{FailureKind, Status, saga};

use super::sagas::{Failed, seconds, sign, work};
use super::{case, undone};
use crate::journal;
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_block_in_time,
    a_block_that_is_late_is_undone,
    what_a_late_block_returns_all_the_same_counts,
    a_late_block_is_undone_after_a_crash,
    a_late_block_past_its_pivot_goes_on,
    a_block_against_the_clock_is_cancelled_with_its_run,
    blocks_against_clocks_beside_each_other,
);

/// A block against the clock: it rests, and ends with a step that takes so long.
#[saga]
async fn timed(case: &str, rest: u64, last: u64) -> Result<String, Failed> {
    let limit = seconds(5);
    let done = scoop::timeout(limit, async {
        work(case, "a", 0).await?;
        work(case, "b", 1).await?;
        scoop::sleep(seconds(rest)).await;
        work(case, "c", last).await
    })
    .await;
    let done = match done {
        Ok(done) => done?,
        Err(elapsed) => elapsed.to_string(),
    };
    work(case, "last", 0).await?;
    Ok(done)
}

/// Another one, in a loop, past its pivot at the second turn.
#[saga]
async fn timed_twice(case: String) -> Result<Vec<bool>, Failed> {
    let mut in_time = Vec::new();
    for turn in 0..2_u32 {
        let limit = seconds(5);
        let done = scoop::timeout(limit, async {
            work(&case, &format!("before {turn}"), 0).await?;
            if turn == 1 {
                sign(&case).await?;
            }
            scoop::sleep(seconds(9)).await;
            work(&case, &format!("after {turn}"), 0).await
        })
        .await;
        in_time.push(done.is_ok());
    }
    Ok(in_time)
}

/// Each against its own clock, and a race inside of one.
#[saga]
async fn timed_beside(case: String) -> Result<(bool, bool), Failed> {
    let (quick, patient) = (seconds(2), seconds(20));
    let (one, other) = scoop::join!(
        scoop::timeout(quick, async {
            work(&case, "quick", 0).await?;
            scoop::sleep(seconds(9)).await;
            work(&case, "never", 0).await
        }),
        scoop::timeout(patient, async {
            work(&case, "patient", 0).await?;
            scoop::race!(
                async {
                    work(&case, "loser", 0).await?;
                    scoop::sleep(seconds(9_000)).await;
                    Ok(String::new())
                },
                async { work(&case, "winner", 5).await },
            )
        }),
    );
    Ok((one.is_ok(), other.is_ok()))
}

async fn blocks_against_clocks_beside_each_other(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(timed_beside(case.clone())).await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), (false, true));
    assert_eq!(watch.seconds(), 5);
    assert_eq!(undone(&case), ["quick", "loser"]);
}

async fn a_block_in_time(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(timed(&case, 2, 1)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "c");
    assert_eq!(watch.seconds(), 4);
    assert!(undone(&case).is_empty());
}

async fn a_block_that_is_late_is_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(timed(&case, 9_000, 1)).await.unwrap();
    assert_eq!(
        handle.wait().await.unwrap(),
        "it took longer than it was given"
    );
    assert_eq!(watch.seconds(), 5);
    assert_eq!(undone(&case), ["b", "a"]);
}

async fn what_a_late_block_returns_all_the_same_counts(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(timed(&case, 2, 4)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "c");
    assert_eq!(watch.seconds(), 7);
    assert!(undone(&case).is_empty());
}

async fn a_late_block_is_undone_after_a_crash(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let id = process
        .scoop
        .start(timed(&case, 9_000, 1))
        .await
        .unwrap()
        .id();
    watch.until(3).await;
    let process = process.restart(&watch, 30).await;
    let handle = process.scoop.handle(timed, id);
    assert_eq!(
        handle.wait().await.unwrap(),
        "it took longer than it was given"
    );
    assert_eq!(watch.seconds(), 30);
    assert_eq!(undone(&case), ["b", "a"]);
}

async fn a_late_block_past_its_pivot_goes_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(timed_twice(case.clone()))
        .await
        .unwrap();
    assert_eq!(handle.wait().await.unwrap(), [false, true]);
    assert_eq!(watch.seconds(), 14);
    assert_eq!(undone(&case), ["before 0"]);
    assert_eq!(journal::count(&case, "does after 1"), 1);
}

async fn a_block_against_the_clock_is_cancelled_with_its_run(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(timed(&case, 9_000, 1)).await.unwrap();
    watch.until(3).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(watch.seconds(), 3);
    assert_eq!(undone(&case), ["b", "a"]);
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
}
