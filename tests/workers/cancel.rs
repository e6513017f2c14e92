//! Runs that are cancelled from another process than the one that drives them.

use std::time::Duration;

use scoop::{FailureKind, Status};
use tokio::time::timeout;

use crate::database::database;
use crate::sagas::{World, ordered_and_slept, slept, through_the_gate};
use crate::{LONG, client, connecting, worker};

/// The worker hears of it while the run sleeps, within its poll.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_cancels_what_a_worker_has() {
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let worker = worker(&url, "w", &world).await;
    let handle = client.start(slept()).await.unwrap();
    world.until("+1").await;
    let admin = client.admin();
    admin.cancel(handle.id(), "they called").await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(format!("{error:?}").contains("cancelled: they called"));
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log(), ["+1", "-1"]);
    worker.shutdown().await;
}

/// The run above is one worker's, the one below another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_cancelled_across_workers() {
    let (url, world) = (database().await, World::default());
    let above = connecting(&url, "above", &world).sagas(["ordered_and_slept"]);
    let below = connecting(&url, "below", &world).sagas(["slept"]);
    let (above, below) = (above.await.unwrap(), below.await.unwrap());
    let client = client(&url, &world).await;
    let handle = client.start(ordered_and_slept()).await.unwrap();
    world.until("+1").await;
    handle.cancel().await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(error.hops().len(), 2, "{error:?}");
    assert_eq!(world.log(), ["+9", "+1", "-1", "-9"]);
    above.shutdown().await;
    below.shutdown().await;
}

/// The step is under way where the worker dies; it is done again, to know what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_run_over_cancels_it() {
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let old = worker(&url, "old", &world).await;
    let handle = client.start(through_the_gate()).await.unwrap();
    world.until("gate").await;
    handle.cancel().await.unwrap();
    // It waits for the step, even though it has heard of it.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    old.shutdown().await;
    world.open();
    let new = worker(&url, "new", &world).await;
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    let mut log = world.log();
    log.retain(|line| !line.starts_with("gate"));
    assert_eq!(log, ["+1", "-1"]);
    new.shutdown().await;
}
