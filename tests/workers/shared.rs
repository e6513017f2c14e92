//! Runs that pass from one process to another.

use scoop::Status;
use tokio::time::timeout;

use crate::database::{database, execute};
use crate::sagas::{World, hinged, many, ordered, through_the_gate};
use crate::{LONG, client, connecting, worker};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_starts_a_worker_runs() {
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let worker = worker(&url, "w", &world).await;
    let handle = client.start(many(3)).id("one").await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    worker.shutdown().await;
}

/// Both start it, one runs it.
#[tokio::test(flavor = "multi_thread")]
async fn one_id_is_one_run_in_all_processes() {
    let (url, world) = (database().await, World::default());
    let (one, two) = (
        worker(&url, "1", &world).await,
        worker(&url, "2", &world).await,
    );
    let starts = [&one, &two, &one, &two].map(|scoop| {
        let start = scoop.start(many(10)).id("same");
        tokio::spawn(async move { start.await.unwrap().wait().await.unwrap() })
    });
    for start in starts {
        assert_eq!(timeout(LONG, start).await.unwrap().unwrap(), 45);
    }
    assert_eq!(world.log().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_left_to_a_worker_that_serves_its_saga() {
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let other = connecting(&url, "other", &world)
        .sagas(["hinged"])
        .await
        .unwrap();
    let handle = client.start(many(3)).await.unwrap();
    // It has looked twice by then, and did not take the run.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    assert_eq!(world.log(), Vec::<String>::new());
    let right = worker(&url, "right", &world).await;
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    other.shutdown().await;
    right.shutdown().await;
}

/// It is undone there, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_saga_that_another_worker_serves_is_awaited() {
    let (url, world) = (database().await, World::default());
    let above = connecting(&url, "above", &world).sagas(["ordered"]);
    let below = connecting(&url, "below", &world).sagas(["tens"]);
    let (above, below) = (above.await.unwrap(), below.await.unwrap());
    let good = above.start(ordered(false)).await.unwrap();
    assert_eq!(timeout(LONG, good.wait()).await.unwrap().unwrap(), 30);
    let bad = above.start(ordered(true)).await.unwrap();
    let error = timeout(LONG, bad.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.compensations().len(), 1, "{error:?}");
    assert_eq!(world.log(), ["+10", "+20", "+10", "+20", "-20", "-10"]);
    above.shutdown().await;
    below.shutdown().await;
}

/// As between two builds, one of which has lost an await point.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_one_build_cannot_continue_is_left_to_another() {
    let (url, world) = (database().await, World::default());
    let old = worker(&url, "old", &world).await;
    drop(old.start(through_the_gate()).id("one").await.unwrap());
    world.until("gate").await;
    drop(old);
    execute(&url, "update scoop.checkpoint set point = 'lost ' || point").await;
    let new = worker(&url, "new", &world).await;
    let handle = new.start(through_the_gate()).id("one").await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("lost "), "{error}");
    assert!(matches!(handle.status().await.unwrap(), Status::Parked(_)));
    execute(
        &url,
        "update scoop.checkpoint set point = replace(point, 'lost ', '')",
    )
    .await;
    world.open();
    let old = worker(&url, "old", &world).await;
    let handle = old.start(through_the_gate()).id("one").await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    new.shutdown().await;
}

/// The worker that had it lives on, and takes it up again.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_in_another_process_sets_a_stuck_run_going() {
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let _worker = worker(&url, "w", &world).await;
    let handle = client.start(hinged()).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    world.mend();
    client.admin().retry(handle.id()).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log(), ["+1", "-1"]);
}
