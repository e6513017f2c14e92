//! Runs that wait for long: they are nobody's meanwhile, and go on when they are due.

use std::sync::Arc;
use std::time::Duration;

use scoop::{Handle, Outcome, Saga, saga, step};
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::run::RunRow;
use scoop_runtime::protocol::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::clock::Clock;
use crate::support::{Place, connecting, on_every_store};

const DAY: u64 = 86_400;

on_every_store!(
    a_run_that_sleeps_for_long_is_nobodys,
    a_run_that_sleeps_for_a_moment_is_kept,
    whoever_says_so_keeps_all_runs,
    a_month_ends_in_time,
    each_of_many_wakes_in_time,
    a_pause_between_attempts_is_waited_for_in_the_store,
    a_pause_in_the_store_is_no_doubt,
    a_death_after_a_pause_in_the_store_is_doubt,
    a_pause_between_attempts_at_a_rollback_is_waited_for_in_the_store,
    a_later_start_is_nobodys_until_then,
    a_saga_below_may_sleep_for_long,
    sleeps_one_after_the_other_end_in_time,
    a_run_that_waited_with_its_worker_waits_in_the_store_after_a_restart
);

#[saga]
async fn rests(seconds: u64) -> u64 {
    scoop::sleep(Duration::from_secs(seconds)).await;
    seconds
}

#[saga]
async fn rests_often(times: u32) -> u32 {
    for _ in 0..times {
        scoop::sleep(Duration::from_secs(60)).await;
        scoop::sleep(Duration::from_secs(5)).await;
    }
    times
}

#[saga]
async fn has_rests(seconds: u64) -> u64 {
    rests(seconds).await
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("nobody answers")]
struct NoAnswer;

#[step(retriable, retry(forever, backoff = "1h..1h"))]
async fn knock(case: &str) -> Result<u32, NoAnswer> {
    effect(case, "knocks");
    match scoop::context().unwrap().attempt() {
        3 => Ok(3),
        _ => Err(NoAnswer),
    }
}

#[step(rollback = unhang, undo(retry(forever, backoff = "1h..1h")))]
async fn hang(case: &str) -> Result<(), NoAnswer> {
    effect(case, "hangs");
    Ok(())
}

async fn unhang(case: &str, (): ()) -> Result<(), NoAnswer> {
    effect(case, "unhangs");
    match scoop::context().unwrap().attempt() {
        3 => Ok(()),
        _ => Err(NoAnswer),
    }
}

#[step(rollback = unask, retry(max = 3, backoff = "1h..1h"))]
async fn ask(case: &str, slow: bool) -> Result<(), NoAnswer> {
    effect(case, "asks");
    if slow && scoop::context().unwrap().attempt() == 2 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    Err(NoAnswer)
}

async fn unask(case: &str, _: bool, outcome: Outcome<()>) -> Result<(), NoAnswer> {
    effect(case, &format!("unasks {outcome:?}"));
    Ok(())
}

#[saga]
async fn asks(case: String, slow: bool) -> Result<(), NoAnswer> {
    ask(&case, slow).await
}

#[saga]
async fn knocks(case: String) -> Result<u32, NoAnswer> {
    knock(&case).await
}

#[saga]
async fn hangs(case: String) -> Result<(), NoAnswer> {
    hang(&case).await?;
    Err(NoAnswer)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn row<S: Saga>(process: &Process, handle: &Handle<S>) -> RunRow {
    process.scoop.admin().show(handle.id()).await.unwrap().0
}

/// Whether it is nobody's, and for how many seconds from now.
async fn dormant<S: Saga>(process: &Process, handle: &Handle<S>) -> Option<u64> {
    let row = row(process, handle).await;
    let wake_at = row.wake_at.filter(|_| row.owner.is_none())?;
    Some(wake_at.since(Clock.now()).as_secs_f64().round() as u64)
}

async fn a_run_that_sleeps_for_long_is_nobodys(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let handle = process.scoop.start(rests(3_600)).await.unwrap();
    watch.until(600).await;
    assert_eq!(dormant(&process, &handle).await, Some(3_000));
    assert_eq!(handle.wait().await.unwrap(), 3_600);
    assert_eq!(watch.seconds(), 3_600);
}

async fn a_run_that_sleeps_for_a_moment_is_kept(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let handle = process.scoop.start(rests(9)).await.unwrap();
    watch.until(1).await;
    assert_eq!(dormant(&process, &handle).await, None);
    assert_eq!(handle.wait().await.unwrap(), 9);
    assert_eq!(watch.seconds(), 9);
}

async fn whoever_says_so_keeps_all_runs(place: Place) {
    let watch = Watch::start();
    let connect = connecting(place.open().await).dormant_after(Duration::MAX);
    let scoop = connect.await.unwrap();
    let handle = scoop.start(rests(DAY)).await.unwrap();
    watch.until(600).await;
    let row = scoop.admin().show(handle.id()).await.unwrap().0;
    assert!(row.owner.is_some());
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}

async fn a_month_ends_in_time(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let month = process.scoop.start(rests(30 * DAY)).await.unwrap().id();
    watch.until(20 * DAY).await;
    let process = process.restart(&watch, 29 * DAY).await;
    // One that comes later and is due earlier.
    let earlier = process.scoop.start(rests(3_600)).await.unwrap();
    assert_eq!(earlier.wait().await.unwrap(), 3_600);
    assert_eq!(watch.seconds(), 29 * DAY + 3_600);
    let month = process.scoop.handle(rests, month);
    assert_eq!(month.wait().await.unwrap(), 30 * DAY);
    assert_eq!(watch.seconds(), 30 * DAY);
}

/// Whatever the order in which they fell asleep.
async fn each_of_many_wakes_in_time(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let mut sleepers = tokio::task::JoinSet::new();
    let watch = Arc::new(watch);
    for number in 0..30 {
        let seconds = 20 + (number * 37) % 101;
        let handle = process.scoop.start(rests(seconds)).await.unwrap();
        let watch = Arc::clone(&watch);
        sleepers.spawn(async move {
            assert_eq!(handle.wait().await.unwrap(), seconds);
            assert_eq!(watch.seconds(), seconds);
        });
    }
    assert_eq!(sleepers.join_all().await.len(), 30);
}

async fn a_pause_between_attempts_is_waited_for_in_the_store(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(knocks(case.clone())).await.unwrap();
    watch.until(600).await;
    assert_eq!(dormant(&process, &handle).await, Some(3_000));
    assert_eq!(handle.wait().await.unwrap(), 3);
    assert_eq!(watch.seconds(), 7_200);
    assert_eq!(journal::read(&case).len(), 3);
}

/// Every attempt said that it did nothing: there is nothing to undo.
async fn a_pause_in_the_store_is_no_doubt(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(asks(case.clone(), false)).await;
    let id = handle.unwrap().id();
    watch.until(600).await;
    let process = process.restart(&watch, 4_000).await;
    let error = process.scoop.handle(asks, id).wait().await.unwrap_err();
    assert_eq!(error.compensations().len(), 0, "{error:?}");
    assert_eq!(journal::count(&case, "asks"), 3);
}

/// The second attempt may have happened.
async fn a_death_after_a_pause_in_the_store_is_doubt(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(asks(case.clone(), true)).await;
    let id = handle.unwrap().id();
    watch.until(3_610).await;
    assert_eq!(journal::count(&case, "asks"), 2);
    let process = process.restart(&watch, 3_620).await;
    let error = process.scoop.handle(asks, id).wait().await.unwrap_err();
    assert_eq!(error.compensations().len(), 1, "{error:?}");
    assert_eq!(journal::count(&case, "unasks Unknown"), 1);
}

async fn a_pause_between_attempts_at_a_rollback_is_waited_for_in_the_store(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(hangs(case.clone())).await.unwrap();
    watch.until(600).await;
    assert_eq!(dormant(&process, &handle).await, Some(3_000));
    let error = handle.wait().await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(watch.seconds(), 7_200);
    assert_eq!(journal::read(&case).len(), 4);
}

async fn a_later_start_is_nobodys_until_then(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let start = process.scoop.start(rests(0));
    let handle = start.after(Duration::from_secs(DAY)).await.unwrap();
    watch.until(3_600).await;
    assert_eq!(dormant(&process, &handle).await, Some(DAY - 3_600));
    assert_eq!(handle.wait().await.unwrap(), 0);
    assert_eq!(watch.seconds(), DAY);
}

async fn a_saga_below_may_sleep_for_long(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let handle = process.scoop.start(has_rests(DAY)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert!(watch.seconds().abs_diff(DAY) <= 2, "{}", watch.seconds());
}

async fn sleeps_one_after_the_other_end_in_time(place: Place) {
    let (process, watch) = (Process::start(&place).await, Watch::start());
    let handle = process.scoop.start(rests_often(20)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 20);
    assert_eq!(watch.seconds(), 20 * 65);
}

/// As after one of a build that keeps all runs in memory.
async fn a_run_that_waited_with_its_worker_waits_in_the_store_after_a_restart(place: Place) {
    let watch = Watch::start();
    let store = place.open().await;
    let connect = connecting(Arc::clone(&store)).dormant_after(Duration::MAX);
    let scoop = connect.await.unwrap();
    let id = scoop.start(rests(DAY)).await.unwrap().id();
    crate::support::kill(scoop, &*store).await;
    drop(store);
    let process = Process::start(&place).await;
    let handle = process.scoop.handle(rests, id);
    watch.until(3_600).await;
    let row = row(&process, &handle).await;
    assert_eq!(row.owner, None);
    assert!(row.wake_at > Some(Timestamp(0)));
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}
