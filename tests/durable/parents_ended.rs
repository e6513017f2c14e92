//! What becomes of runs that wait for others in the store, when those fail, or they are to end themselves.

use std::sync::Arc;
use std::time::Duration;

use scoop::{FailureKind, SagaError, saga, step};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::parents::{
    DAY, HOUR, No, below, case, fail, higher, resting, rests, row, take, times, works,
};
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    who_is_cancelled_while_it_rests_ends_what_it_awaits,
    a_cancel_that_nobody_heard_of_is_heard_before_a_run_rests,
    past_its_pivot_a_run_rests_on,
    a_deadline_ends_who_rests,
    a_failure_below_wakes_the_one_above,
    what_is_undone_below_for_long_keeps_nobody,
    who_rests_has_no_place_in_its_queue,
    a_stuck_saga_is_told_of_at_the_top,
);

#[step(pivot)]
async fn announce(case: &str) {
    effect(case, "announces");
}

#[step(rollback = unhang, undo(retry(forever, backoff = "1h..1h")))]
async fn hang(case: &str) -> Result<(), No> {
    effect(case, "hangs");
    Ok(())
}

async fn unhang(case: &str, (): ()) -> Result<(), No> {
    effect(case, "unhangs");
    match scoop::context().unwrap().attempt() {
        3 => Ok(()),
        _ => Err(No),
    }
}

#[saga]
async fn announced(case: String) -> u64 {
    announce(&case).await;
    let rested: Result<u64, SagaError<No>> = scoop::caught(rests(case, DAY)).await;
    rested.unwrap_or(0)
}

#[saga(deadline = "2h")]
async fn must_hurry(case: String) -> Result<u64, No> {
    rests(case, DAY).await
}

#[saga]
async fn fails_late(case: String) -> Result<(), No> {
    scoop::sleep(Duration::from_secs(3 * HOUR)).await;
    take(&case, "a taxi").await?;
    fail(&case).await
}

#[saga]
async fn has_failure(case: String) -> Result<(), No> {
    take(&case, "a room").await?;
    fails_late(case).await
}

#[saga]
async fn has_failure_below(case: String) -> Result<(), No> {
    has_failure(case).await
}

#[saga]
async fn hangs(case: String) -> Result<(), No> {
    hang(&case).await
}

#[saga]
async fn hangs_and_fails(case: String) -> Result<(), No> {
    hangs(case.clone()).await?;
    fail(&case).await
}

#[saga(queue = "mail")]
async fn mails(case: String, seconds: u64, depth: u32) -> Result<u32, No> {
    if depth == 0 {
        scoop::sleep(Duration::from_secs(seconds)).await;
        works(&case, 1).await;
        return Ok(1);
    }
    let below = mails(case.clone(), seconds, depth - 1).await?;
    works(&case, 1).await;
    Ok(below + 1)
}

async fn who_is_cancelled_while_it_rests_ends_what_it_awaits(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), DAY)).await;
    let handle = handle.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() <= HOUR + 1, "{}", watch.seconds());
    let undone: Vec<String> = journal::read(&case).split_off(2);
    assert!(undone[0].contains("untakes a bed"), "{undone:?}");
    assert!(undone[1].contains("untakes a room"), "{undone:?}");
    assert_eq!(undone.len(), 2);
}

/// Somebody else asked for it, and whoever has the run is not told.
async fn a_cancel_that_nobody_heard_of_is_heard_before_a_run_rests(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = place.open().await;
    let scoop = connecting(Arc::clone(&store)).name("w").await.unwrap();
    let other = connecting(store).name("other").await.unwrap();
    let handle = scoop.start(higher(case.clone(), DAY)).await.unwrap();
    watch.until(2).await;
    other.handle(higher, handle.id()).cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() <= 13, "{}", watch.seconds());
    assert_eq!(times(&case, "untakes"), 2);
}

async fn past_its_pivot_a_run_rests_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(announced(case.clone())).await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    handle.cancel().await.unwrap();
    for hours in [2, 20] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{hours}");
    }
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}

async fn a_deadline_ends_who_rests(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(must_hurry(case.clone())).await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert!(watch.seconds() <= 2 * HOUR + 1, "{}", watch.seconds());
    assert_eq!(times(&case, "untakes"), 1);
}

async fn a_failure_below_wakes_the_one_above(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(has_failure(case.clone()))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 3 * HOUR);
    assert_eq!(times(&case, "untakes"), 2);
}

/// Its compensation is attempted again and again.
async fn what_is_undone_below_for_long_keeps_nobody(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(hangs_and_fails(case.clone()));
    let handle = start.await.unwrap();
    for minutes in [30, 90] {
        watch.until(minutes * 60).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{minutes}");
    }
    let error = handle.wait().await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(watch.seconds(), 2 * HOUR);
    assert_eq!(times(&case, "unhangs"), 3);
}

/// Those below are of the same one.
async fn who_rests_has_no_place_in_its_queue(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = place.open().await;
    let connect = connecting(Arc::clone(&store)).queue("mail", 1);
    let scoop = connect.await.unwrap();
    let mut handles = Vec::new();
    for _ in 0..3 {
        let start = scoop.start(mails(case.clone(), HOUR, 2));
        handles.push(start.await.unwrap());
    }
    watch.until(HOUR / 2).await;
    for handle in &handles {
        let row = store.run(handle.id()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.pending_children), (None, 1));
    }
    for handle in handles {
        assert_eq!(handle.wait().await.unwrap(), 3);
    }
    assert!(watch.seconds() <= HOUR + 30, "{}", watch.seconds());
    assert_eq!(times(&case, "worked"), 9);
    let lines = journal::read(&case);
    let turns = lines.chunks(2).all(|two| two[0].ends_with("works"));
    assert!(turns, "one at a time: {lines:?}");
}

/// However deep it is below, and though all above it rested.
async fn a_stuck_saga_is_told_of_at_the_top(place: Place) {
    let (case, watch) = (format!("stuck {}", case()), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(has_failure_below(case.clone()));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    let error = handle.wait().await.unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    assert!(
        watch.seconds().abs_diff(3 * HOUR) < 900,
        "{}",
        watch.seconds()
    );
    watch.until(4 * HOUR).await;
    let below = below(&process, &handle).await.remove(0);
    for held_up in [row(&process, handle.id()).await, below] {
        assert!(held_up.owner.is_some(), "it is there to say so");
    }
}
