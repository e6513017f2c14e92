//! Runs that are about to be driven while whoever saw to it goes: they are driven all the same.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use scoop::admin::RunRow;
use scoop::testing::FaultStore;
use scoop::{FailureKind, RunFilter, Scoop, Status, saga, step};
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::run::RunStatus;

use crate::journal::{self, effect};
use crate::lives::Watch;
use crate::parents::{HOUR, No, case, rests};
use crate::probe::Probe;
use crate::support::clock::Clock;
use crate::support::{Place, connect, connecting, on_every_store, soon};

on_every_store!(
    who_is_requeued_leaves_nobody_below_behind,
    what_is_below_is_undone_though_answers_are_lost,
    who_decides_need_not_stay,
    who_cancels_need_not_stay,
    who_starts_a_run_for_later_need_not_stay,
);

#[step(rollback = unmark)]
async fn mark(_: &str, number: u32) -> Result<u32, No> {
    Ok(number)
}

async fn unmark(case: &str, number: u32, _: u32) -> Result<(), No> {
    effect(case, &format!("unmarks {number}"));
    Ok(())
}

#[saga]
async fn marked(case: String, number: u32) -> Result<u32, No> {
    mark(&case, number).await
}

#[saga]
async fn all_marked(case: String, count: u32) -> Result<(), No> {
    for number in 0..count {
        marked(case.clone(), number).await?;
    }
    Err(No)
}

/// The sagas below are undone, one after the other, while the run above is given up again and again.
async fn who_is_requeued_leaves_nobody_below_behind(place: Place) {
    const BELOW: u32 = 20;
    // It may not come to its end while there is no end to that.
    const MOST: u32 = 300;
    let (case, store) = (case(), place.open().await);
    let poll = store.poll().map(|_| Duration::from_millis(1));
    let scoop = connect(Probe::polled(store, |_, _| {}, poll)).await;
    let handle = scoop.start(all_marked(case.clone(), BELOW)).await.unwrap();
    let (admin, mut requeued) = (scoop.admin(), 0);
    while requeued < MOST && handle.status().await.unwrap() != Status::RolledBack {
        let is_given_up = admin.requeue(handle.id()).await.is_ok();
        requeued += u32::from(is_given_up);
        match poll {
            // It takes that long until somebody looks for it.
            Some(poll) if is_given_up => tokio::time::sleep(poll).await,
            _ => tokio::task::yield_now().await,
        }
    }
    soon(handle.wait()).await.unwrap_err();
    assert!(requeued > 0);
    let undone = journal::read(&case).len();
    assert_eq!(undone, usize::try_from(BELOW).unwrap());
}

/// That it is to be undone has no row by which it is known again.
async fn what_is_below_is_undone_though_answers_are_lost(place: Place) {
    let (case, store) = (case(), FaultStore::new(place.open().await));
    let scoop = connect(Arc::clone(&store) as _).await;
    store.lose_first_answers(100);
    let handle = scoop.start(all_marked(case.clone(), 3)).await.unwrap();
    soon(handle.wait()).await.unwrap_err();
    let undone = [2, 1, 0].map(|number| format!("unmarks {number}"));
    let done = journal::read(&case);
    let done = done.iter().map(|line| line.split_once(' ').unwrap().1);
    assert_eq!(done.collect::<Vec<_>>(), undone);
}

/// Cannot be undone the first time.
#[step(rollback = unfold, undo(retry(max = 1)))]
async fn fold(case: &str) -> Result<(), No> {
    effect(case, "folds");
    Ok(())
}

async fn unfold(case: &str, (): ()) -> Result<(), No> {
    effect(case, "unfolds");
    match journal::read(case).len() {
        2 => Err(No),
        _ => Ok(()),
    }
}

#[saga]
async fn folds(case: String) -> Result<(), No> {
    fold(&case).await?;
    Err(No)
}

/// Waits for the first run of which this is true.
async fn found(scoop: &Scoop, is_it: impl Fn(&RunRow) -> bool) -> RunRow {
    soon(async {
        loop {
            let rows = scoop.admin().list(&RunFilter::default()).await.unwrap();
            if let Some(row) = rows.into_iter().find(&is_it) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
}

/// Goes when it is written, and not known to be.
async fn who_decides_need_not_stay(place: Place) {
    let (case, store) = (case(), FaultStore::new(place.open().await));
    let scoop = connect(Arc::clone(&store) as _).await;
    let handle = scoop.start(folds(case.clone())).await.unwrap();
    let run = found(&scoop, |row| row.status == RunStatus::Stuck).await.id;
    store.lose_answers(1);
    let admin = scoop.admin();
    let retrying = tokio::spawn(async move { admin.retry(run).await });
    found(&scoop, |row| row.status == RunStatus::RollingBack).await;
    assert!(!retrying.is_finished());
    retrying.abort();
    soon(handle.wait()).await.unwrap_err();
    assert_eq!(journal::read(&case).len(), 3);
}

async fn who_starts_a_run_for_later_need_not_stay(place: Place) {
    let (case, store) = (case(), FaultStore::new(place.open().await));
    let connect = connecting(Arc::clone(&store) as _);
    let scoop = connect
        .dormant_after(Duration::from_secs(60))
        .await
        .unwrap();
    store.lose_answers(1);
    let at = Clock.now().after(Duration::from_secs(20)).0;
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(at.cast_unsigned());
    let start = scoop.start(marked(case, 7)).at(at);
    let starting = tokio::spawn(async move { start.await });
    let run = found(&scoop, |_| true).await.id;
    assert!(!starting.is_finished());
    starting.abort();
    assert_eq!(soon(scoop.handle(marked, run).wait()).await.unwrap(), 7);
}

async fn who_cancels_need_not_stay(place: Place) {
    let connect = connecting(place.open().await).dormant_after(Duration::MAX);
    let scoop = connect.await.unwrap();
    let watch = Watch::start();
    let handle = scoop.start(rests(case(), 9 * HOUR)).await.unwrap();
    watch.until(10).await;
    let cancelling = tokio::time::timeout(Duration::ZERO, handle.cancel());
    assert!(cancelling.await.is_err());
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
}
