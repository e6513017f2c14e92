//! Runs that wait for others, for long: they are in nobody's memory, and go on as soon as those have ended.

use std::time::Duration;

use scoop::testing::FaultStore;
use scoop::{Handle, Saga, saga, step};
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::id::RunId;
use scoop_runtime::protocol::run::RunRow;
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::clock::Clock;
use crate::support::{Place, connecting, on_every_store};

pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 24 * HOUR;

on_every_store!(
    who_awaits_a_saga_for_long_is_nobodys,
    who_awaits_one_for_a_moment_is_kept,
    whoever_says_so_keeps_those_above,
    a_tree_that_sleeps_is_nobodys,
    the_end_of_a_saga_is_heard_after_a_restart,
    who_leaves_asks_until_it_is_known,
    who_waits_is_woken_though_an_answer_is_lost,
);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
pub(crate) struct No;

#[step(rollback = untake)]
pub(crate) async fn take(case: &str, what: &str) -> Result<(), No> {
    effect(case, &format!("takes {what}"));
    Ok(())
}

async fn untake(case: &str, what: &str, (): ()) -> Result<(), No> {
    effect(case, &format!("untakes {what}"));
    match case.starts_with("stuck") {
        true => Err(No),
        false => Ok(()),
    }
}

#[step(read_only)]
pub(crate) async fn works(case: &str, seconds: u64) {
    effect(case, "works");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, "worked");
}

#[step(read_only)]
pub(crate) async fn fail(case: &str) -> Result<(), No> {
    effect(case, "fails");
    Err(No)
}

#[saga]
pub(crate) async fn rests(case: String, seconds: u64) -> Result<u64, No> {
    take(&case, &format!("a bed for {seconds}")).await?;
    scoop::sleep(Duration::from_secs(seconds)).await;
    Ok(seconds)
}

#[saga]
async fn above(case: String, seconds: u64) -> Result<u64, No> {
    take(&case, "a room").await?;
    let rested = rests(case.clone(), seconds).await?;
    take(&case, "breakfast").await?;
    Ok(rested)
}

#[saga]
pub(crate) async fn higher(case: String, seconds: u64) -> Result<u64, No> {
    above(case, seconds).await
}

pub(crate) fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// How often something happened that is called like this.
pub(crate) fn times(case: &str, what: &str) -> usize {
    let lines = journal::read(case);
    let alike = |line: &&String| {
        let rest = line.split_once(' ');
        rest.is_some_and(|(_, rest)| rest.starts_with(what))
    };
    lines.iter().filter(alike).count()
}

pub(crate) async fn row(process: &Process, run: RunId) -> RunRow {
    process.scoop.admin().show(run).await.unwrap().0
}

/// Whether it is nobody's, and for how many runs it waits.
pub(crate) async fn resting<S: Saga>(process: &Process, handle: &Handle<S>) -> Option<i64> {
    let row = row(process, handle.id()).await;
    let wakes_later = row.wake_at.is_some_and(|at| at > Clock.now());
    (row.owner.is_none() && wakes_later).then_some(row.pending_children)
}

pub(crate) async fn below<S: Saga>(process: &Process, handle: &Handle<S>) -> Vec<RunRow> {
    let filter = scoop::RunFilter {
        parent: Some(handle.id()),
        ..scoop::RunFilter::default()
    };
    process.store.runs(&filter).await.unwrap()
}

async fn who_awaits_a_saga_for_long_is_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(above(case.clone(), 9 * HOUR)).await;
    let handle = handle.unwrap();
    watch.until(9).await;
    assert_eq!(resting(&process, &handle).await, None);
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
    assert_eq!(row(&process, handle.id()).await.pending_children, 0);
}

async fn who_awaits_one_for_a_moment_is_kept(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(above(case, 9)).await.unwrap();
    watch.until(8).await;
    assert_eq!(resting(&process, &handle).await, None);
    assert_eq!(handle.wait().await.unwrap(), 9);
    assert_eq!(watch.seconds(), 9);
}

async fn whoever_says_so_keeps_those_above(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let connect = connecting(place.open().await).dormant_after(Duration::MAX);
    let scoop = connect.await.unwrap();
    let handle = scoop.start(above(case, DAY)).await.unwrap();
    watch.until(HOUR).await;
    let row = scoop.admin().show(handle.id()).await.unwrap().0;
    assert!(row.owner.is_some());
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}

/// All of it, and longer than anybody rests without having a look.
async fn a_tree_that_sleeps_is_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), 30 * HOUR)).await;
    let handle = handle.unwrap();
    for hours in [1, 12, 26] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{hours}");
        let below = below(&process, &handle).await;
        assert_eq!(below.len(), 1);
        assert_eq!((&below[0].owner, below[0].pending_children), (&None, 1));
    }
    assert_eq!(handle.wait().await.unwrap(), 30 * HOUR);
    assert_eq!(watch.seconds(), 30 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
}

async fn the_end_of_a_saga_is_heard_after_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), 9 * HOUR)).await;
    let id = handle.unwrap().id();
    watch.until(HOUR).await;
    let process = process.restart(&watch, 2 * HOUR).await;
    let handle = process.scoop.handle(higher, id);
    watch.until(3 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
}

/// The store is away when the run is to leave, and then says nothing of whether it did.
async fn who_leaves_asks_until_it_is_known(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = FaultStore::new(place.open().await);
    let scoop = connecting(store.clone()).await.unwrap();
    let handle = scoop.start(above(case.clone(), HOUR)).await.unwrap();
    watch.until(5).await;
    store.away_for_commits(2);
    store.lose_answers(1);
    watch.until(60).await;
    let row = scoop.admin().show(handle.id()).await.unwrap().0;
    assert_eq!((row.owner, row.pending_children), (None, 1));
    assert_eq!(handle.wait().await.unwrap(), HOUR);
    assert_eq!(watch.seconds(), HOUR);
    assert_eq!(journal::read(&case).len(), 3);
}

/// The end of what it waits for is written, and nobody is told so.
async fn who_waits_is_woken_though_an_answer_is_lost(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = FaultStore::new(place.open().await);
    let scoop = connecting(store.clone()).await.unwrap();
    let handle = scoop.start(above(case.clone(), 9 * HOUR)).await.unwrap();
    watch.until(HOUR).await;
    store.lose_answers(1);
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    let seconds = watch.seconds();
    assert!((9 * HOUR..10 * HOUR).contains(&seconds), "{seconds}");
}
