//! Workers that die, are declared dead, or come back.

use tokio::time::timeout;

use crate::database::{database, execute};
use crate::sagas::{World, many, through_the_gate};
use crate::{LONG, connecting, worker};

/// Its runs go on under the same keys, at the step that was not answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_worker_left_is_finished_by_another() {
    let (url, world) = (database().await, World::default());
    let first = worker(&url, "first", &world).await;
    let second = worker(&url, "second", &world).await;
    drop(first.start(through_the_gate()).id("one").await.unwrap());
    world.until("gate").await;
    drop(first);
    world.open();
    let handle = second.start(through_the_gate()).id("one").await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    assert_eq!(
        world.log(),
        ["+1", "gate 2", "gate", "gate 2", "gate", "+2"]
    );
}

/// At once: no lease has to run out.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_back_takes_its_runs_at_once() {
    let (url, world) = (database().await, World::default());
    let long = LONG * 10;
    let first = connecting(&url, "w", &world).lease(long).await.unwrap();
    drop(first.start(through_the_gate()).id("one").await.unwrap());
    world.until("gate").await;
    let refused = connecting(&url, "w", &world).await.unwrap_err();
    assert!(
        refused.to_string().contains("`w` is running already"),
        "{refused}"
    );
    drop(first);
    world.open();
    let second = connecting(&url, "w", &world).lease(long).await.unwrap();
    let handle = second.start(through_the_gate()).id("one").await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
}

/// It does nothing more, and whoever waits on it is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_declared_dead_stops_and_another_goes_on() {
    let (url, world) = (database().await, World::default());
    let first = worker(&url, "first", &world).await;
    let handle = first.start(through_the_gate()).id("one").await.unwrap();
    world.until("gate").await;
    execute(
        &url,
        "update scoop.worker set live = false where name = 'first'",
    )
    .await;
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert!(error.is_infrastructure(), "{error:?}");
    timeout(LONG, first.stopped()).await.unwrap();
    world.open();
    let second = worker(&url, "second", &world).await;
    let handle = second.start(through_the_gate()).id("one").await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    assert_eq!(world.log().last().unwrap(), "+2");
}

/// Every step is done once, however often.
#[tokio::test(flavor = "multi_thread")]
async fn sagas_outlive_the_connections_of_their_worker() {
    const RUNS: u32 = 20;
    let (url, world) = (database().await, World::default());
    let scoop = worker(&url, "w", &world).await;
    let mut runs = tokio::task::JoinSet::new();
    for _ in 0..RUNS {
        let handle = scoop.start(many(30)).await.unwrap();
        runs.spawn(async move { handle.wait().await });
    }
    for _ in 0..5 {
        execute(
            &url,
            "select pg_terminate_backend(pid) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
        tokio::task::yield_now().await;
    }
    while let Some(ended) = timeout(LONG, runs.join_next()).await.unwrap() {
        assert_eq!(ended.unwrap().unwrap(), 29 * 30 / 2);
    }
    assert_eq!(world.log().len(), RUNS as usize * 30);
}
