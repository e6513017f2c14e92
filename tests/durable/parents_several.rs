//! Runs that do several things at once, each of which waits for long: they are in nobody's memory.

use std::time::Duration;

use scoop::{FailureKind, Outcome, saga, step};
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::run::RunStatus;

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::parents::{HOUR, No, below, case, fail, resting, rests, row, times, works};
use crate::support::clock::Clock;
use crate::support::{Place, connecting, on_every_store, soon};

on_every_store!(
    several_that_rest_are_nobodys,
    an_operation_for_each_item_may_rest,
    one_that_works_keeps_the_others,
    a_race_may_rest,
    a_time_limit_ends_who_rests,
    a_pause_beside_others_is_no_doubt,
    what_does_not_begin_any_more_does_not_begin_later,
    who_is_cancelled_with_several_ends_them_all,
    who_rests_at_once_is_woken_all_the_same,
);

#[step(rollback = unknock, retry(max = 2, backoff = "1h..1h"))]
async fn knock(case: &str) -> Result<u32, No> {
    effect(case, "knocks");
    match scoop::context().unwrap().attempt() {
        2 => Ok(2),
        _ => Err(No),
    }
}

async fn unknock(case: &str, outcome: Outcome<u32>) -> Result<(), No> {
    effect(case, &format!("unknocks {outcome:?}"));
    Ok(())
}

#[saga]
async fn both(case: String, one: u64, other: u64) -> Result<u64, No> {
    let (one, other) = scoop::join!(rests(case.clone(), one), rests(case.clone(), other));
    Ok(one? + other?)
}

#[saga]
async fn beside_work(case: String, rest: u64, work: u64) -> Result<u64, No> {
    let (rested, ()) = scoop::join!(rests(case.clone(), rest), works(&case, work));
    rested
}

#[saga]
async fn each(case: String, all: Vec<u64>) -> Result<Vec<u64>, No> {
    scoop::try_map(all, |seconds| rests(case.clone(), seconds))
        .concurrency(2)
        .await
}

#[saga]
async fn rests_or_fails(case: String, seconds: u64) -> Result<u64, No> {
    scoop::sleep(Duration::from_secs(seconds)).await;
    if seconds == 20 {
        fail(&case).await?;
    }
    journal::body(&case, &format!("rested {seconds}"));
    Ok(seconds)
}

#[saga]
async fn each_or_none(case: String, all: Vec<u64>) -> Result<Vec<u64>, No> {
    scoop::try_map(all, |seconds| rests_or_fails(case.clone(), seconds))
        .concurrency(2)
        .await
}

#[saga]
async fn first(case: String, one: u64, other: u64) -> Result<u64, No> {
    scoop::race!(rests(case.clone(), one), rests(case.clone(), other))
}

#[saga]
async fn hurries(case: String, seconds: u64) -> Result<u64, No> {
    let limit = Duration::from_secs(2 * HOUR);
    match scoop::timeout(limit, rests(case, seconds)).await {
        Ok(rested) => rested,
        Err(_) => Ok(0),
    }
}

#[saga]
async fn knocks_beside(case: String) -> Result<u64, No> {
    let (knocked, rested) = scoop::join!(knock(&case), rests(case.clone(), 10 * HOUR));
    knocked?;
    rested?;
    fail(&case).await?;
    Ok(1)
}

#[saga]
async fn spreads(case: String, depth: u32) -> Result<u32, No> {
    if depth == 0 {
        works(&case, 0).await;
        return Ok(1);
    }
    let (one, other) = scoop::join!(spreads(case.clone(), depth - 1), spreads(case.clone(), 0));
    Ok(one? + other?)
}

async fn several_that_rest_are_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(both(case.clone(), 2 * HOUR, 9 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(2));
    watch.until(3 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 11 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 2);
}

/// What waits for its turn begins when another one ends.
async fn an_operation_for_each_item_may_rest(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let all = vec![2 * HOUR, 9 * HOUR, 3 * HOUR, 5 * HOUR];
    let start = process.scoop.start(each(case.clone(), all.clone()));
    let handle = start.await.unwrap();
    for hours in [1, 4, 6] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(2), "{hours}");
    }
    assert_eq!(handle.wait().await.unwrap(), all);
    assert_eq!(watch.seconds(), 10 * HOUR);
    assert_eq!(journal::read(&case).len(), 4);
}

async fn one_that_works_keeps_the_others(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process
        .scoop
        .start(beside_work(case.clone(), 9 * HOUR, 600));
    let handle = start.await.unwrap();
    watch.until(590).await;
    assert_eq!(resting(&process, &handle).await, None);
    watch.until(620).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(times(&case, "works"), 1);
}

async fn a_race_may_rest(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(first(case.clone(), 9 * HOUR, 3 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(2));
    assert_eq!(handle.wait().await.unwrap(), 3 * HOUR);
    assert_eq!(watch.seconds(), 3 * HOUR);
    assert_eq!(times(&case, "untakes a bed for 32400"), 1);
    assert_eq!(journal::read(&case).len(), 3);
}

async fn a_time_limit_ends_who_rests(place: Place) {
    for (seconds, rested, takes) in [(9 * HOUR, 0, 2 * HOUR), (HOUR, HOUR, HOUR)] {
        let (case, watch) = (case(), Watch::start());
        let process = Process::start(&place.fresh()).await;
        let handle = process.scoop.start(hurries(case.clone(), seconds)).await;
        let handle = handle.unwrap();
        watch.until(HOUR / 2).await;
        assert_eq!(resting(&process, &handle).await, Some(1));
        assert_eq!(handle.wait().await.unwrap(), rested);
        assert_eq!(watch.seconds(), takes);
        let undone = usize::from(rested == 0);
        assert_eq!(times(&case, "untakes"), undone);
    }
}

/// The attempt that was due did not begin while the run was nobody's, whenever it is taken up.
async fn a_pause_beside_others_is_no_doubt(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(knocks_beside(case.clone())).await;
    let handle = handle.unwrap();
    watch.until(HOUR / 2).await;
    let row = row(&process, handle.id()).await;
    assert_eq!((row.owner, row.pending_children), (None, 1));
    let left = row.wake_at.unwrap().since(Clock.now()).as_secs();
    assert!((1_795..=1_800).contains(&left), "{left}");
    let process = process.restart(&watch, 2 * HOUR).await;
    let handle = process.scoop.handle(knocks_beside, handle.id());
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 10 * HOUR);
    assert_eq!(times(&case, "knocks"), 2);
    assert_eq!(times(&case, "unknocks Done(2)"), 1);
}

/// One fails while another one rests on.
async fn what_does_not_begin_any_more_does_not_begin_later(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let all = vec![9 * HOUR, 20, 30, 40];
    let handle = process.scoop.start(each_or_none(case.clone(), all)).await;
    let error = handle.unwrap().wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(times(&case, "rested"), 1);
}

async fn who_is_cancelled_with_several_ends_them_all(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(both(case.clone(), 8 * HOUR, 9 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() <= HOUR + 1, "{}", watch.seconds());
    assert_eq!(times(&case, "untakes"), 2);
    for row in below(&process, &handle).await {
        assert_eq!(row.status, RunStatus::RolledBack);
    }
}

/// Without any grace each leaves at the moment at which what it awaits may end.
async fn who_rests_at_once_is_woken_all_the_same(place: Place) {
    let case = case();
    let connect = connecting(place.open().await).dormant_after(Duration::ZERO);
    let scoop = connect.await.unwrap();
    let mut handles = Vec::new();
    for _ in 0..12 {
        handles.push(scoop.start(spreads(case.clone(), 4)).await.unwrap());
    }
    for handle in handles {
        assert_eq!(soon(handle.wait()).await.unwrap(), 5);
    }
    assert_eq!(times(&case, "worked"), 60);
}
