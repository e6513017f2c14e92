//! The store is away while a run is given up, for longer than the run was to wait: it is somebody else's then,
//! and whoever had it does nothing more.

use std::sync::Arc;
use std::time::Duration;

use scoop::testing::FaultStore;
use scoop::{FailureKind, Scoop, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::Watch;
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    a_sleep_that_is_over_before_it_is_written_down,
    a_pause_that_is_over_before_it_is_written_down,
    a_deadline_that_passes_before_the_sleep_is_written_down,
    a_cancel_that_comes_before_the_sleep_is_written_down,
);

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(rollback = unwork)]
async fn work(case: &str, name: &str) -> Result<(), No> {
    effect(case, &format!("begins {name}"));
    let seconds = if name == "one" { 3 } else { 40 };
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Ok(())
}

async fn unwork(case: &str, name: &str, (): ()) -> Result<(), No> {
    effect(case, &format!("undoes {name}"));
    tokio::time::sleep(Duration::from_secs(40)).await;
    Ok(())
}

#[step(retriable, retry(max = 5, backoff = "12s..12s"))]
async fn knock(case: &str) -> Result<(), No> {
    effect(case, "knocks");
    match scoop::context().unwrap().attempt() {
        2 => Ok(()),
        _ => Err(No),
    }
}

#[saga]
async fn naps(case: String) -> Result<(), No> {
    work(&case, "one").await?;
    scoop::sleep(Duration::from_secs(12)).await;
    work(&case, "two").await?;
    work(&case, "three").await
}

#[saga]
async fn knocks(case: String) -> Result<(), No> {
    work(&case, "one").await?;
    knock(&case).await?;
    work(&case, "two").await
}

#[saga(deadline = "14s")]
async fn naps_in_time(case: String) -> Result<(), No> {
    work(&case, "one").await?;
    scoop::sleep(Duration::from_secs(60)).await;
    work(&case, "two").await
}

/// Has its worker look for runs again and again.
#[saga]
async fn restless(times: u32) {
    for _ in 0..times {
        scoop::sleep(Duration::from_secs(11)).await;
    }
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn away(place: &Place) -> (Arc<FaultStore>, Scoop) {
    let store = FaultStore::new(place.open().await);
    let scoop = connecting(store.clone()).await.unwrap();
    scoop.start(restless(40)).await.unwrap();
    (store, scoop)
}

async fn goes_away(store: &FaultStore, watch: &Watch) {
    watch.until(2).await;
    store.away_for_commits(TIMES);
}

/// How often a commit fails while the store is away: for some minutes.
const TIMES: u32 = 60;

async fn a_sleep_that_is_over_before_it_is_written_down(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let (store, scoop) = away(&place).await;
    let handle = scoop.start(naps(case.clone())).await.unwrap();
    goes_away(&store, &watch).await;
    handle.wait().await.unwrap();
    // Later than it would have ended.
    assert!(watch.seconds() > 200, "{}", watch.seconds());
    for name in ["one", "two", "three"] {
        assert_eq!(
            journal::count(&case, &format!("begins {name}")),
            1,
            "{name}"
        );
    }
}

async fn a_pause_that_is_over_before_it_is_written_down(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let (store, scoop) = away(&place).await;
    let handle = scoop.start(knocks(case.clone())).await.unwrap();
    watch.until(4).await;
    store.away_for_commits(TIMES);
    handle.wait().await.unwrap();
    assert_eq!(journal::count(&case, "knocks"), 2);
    assert_eq!(journal::count(&case, "begins two"), 1);
}

async fn a_deadline_that_passes_before_the_sleep_is_written_down(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let (store, scoop) = away(&place).await;
    let handle = scoop.start(naps_in_time(case.clone())).await.unwrap();
    goes_away(&store, &watch).await;
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(journal::count(&case, "undoes one"), 1);
    assert_eq!(journal::count(&case, "begins two"), 0);
}

async fn a_cancel_that_comes_before_the_sleep_is_written_down(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let (store, scoop) = away(&place).await;
    let handle = scoop.start(naps(case.clone())).await.unwrap();
    goes_away(&store, &watch).await;
    watch.until(5).await;
    let cancel = handle.cancel();
    let (cancelled, ended) = tokio::join!(cancel, handle.wait());
    cancelled.unwrap();
    assert_eq!(ended.unwrap_err().kind(), Some(FailureKind::Cancelled));
    assert_eq!(journal::count(&case, "undoes one"), 1);
    // It may have begun before the request was written down.
    let begun = journal::count(&case, "begins two");
    assert!(begun <= 1);
    assert_eq!(journal::count(&case, "undoes two"), begun);
}
