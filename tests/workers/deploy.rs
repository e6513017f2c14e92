//! A rolling deploy: workers are shut down and replaced, one after the other, under load.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::database::database;
use crate::sagas::{World, many, through_the_gate, visits};
use crate::{LONG, client, connecting};

/// Nobody ever waits until one is over.
const LEASE: Duration = Duration::from_secs(3_600);

/// No step is done twice, no run waits for a lease: what a worker had another takes up at its next
/// look.
#[tokio::test(flavor = "multi_thread")]
async fn three_workers_are_replaced_under_load_and_no_run_waits_for_a_lease() {
    const RUNS: u32 = 60;
    const STEPS: u32 = 40;
    let (url, world) = (database().await, World::default());
    let client = client(&url, &world).await;
    let mut workers = Vec::new();
    for number in 0..3 {
        let name = format!("old {number}");
        workers.push(connecting(&url, &name, &world).lease(LEASE).await.unwrap());
    }
    let (mut runs, mut replaced) = (JoinSet::new(), Vec::new());
    for number in 0..RUNS {
        let start = workers[number as usize % 3].start(visits(number, STEPS));
        let id = start.await.unwrap().id();
        let handle = client.handle(visits, id);
        runs.spawn(async move { timeout(LONG, handle.wait()).await });
    }
    for (number, old) in workers.into_iter().enumerate() {
        world
            .until(&format!("visit {} of 0", number * 10 + 5))
            .await;
        let began = Instant::now();
        old.shutdown().await;
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
        let name = format!("new {number}");
        let new = connecting(&url, &name, &world).lease(LEASE).await.unwrap();
        replaced.push(new);
    }
    while let Some(ended) = runs.join_next().await {
        assert_eq!(ended.unwrap().unwrap().unwrap(), STEPS);
    }
    let mut log = world.log();
    log.sort();
    let all = log.len();
    log.dedup();
    assert_eq!(
        (log.len(), all),
        ((RUNS * STEPS) as usize, (RUNS * STEPS) as usize)
    );
}

/// Its row says that nobody has what it had, and it is free to be taken.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_closed_worker_had_is_taken_at_once() {
    let (url, world) = (database().await, World::default());
    let old = connecting(&url, "old", &world).lease(LEASE).await.unwrap();
    let id = old.start(through_the_gate()).await.unwrap().id();
    world.until("gate").await;
    let new = connecting(&url, "new", &world).lease(LEASE).await.unwrap();
    old.shutdown_within(Duration::from_millis(100)).await;
    world.open();
    let handle = new.handle(through_the_gate, id);
    let soon = Duration::from_secs(10);
    assert_eq!(timeout(soon, handle.wait()).await.unwrap().unwrap(), 3);
    new.shutdown().await;
}

/// On a worker with room for few; the others are taken up by whoever has room.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_no_room_for_another_takes() {
    let (url, world) = (database().await, World::default());
    let small = connecting(&url, "small", &world).max_running(1);
    let small = small.await.unwrap();
    let gate = small.start(through_the_gate()).await.unwrap();
    world.until("gate").await;
    let waiting = small.start(many(3)).await.unwrap();
    let other = connecting(&url, "other", &world).await.unwrap();
    assert_eq!(timeout(LONG, waiting.wait()).await.unwrap().unwrap(), 3);
    world.open();
    assert_eq!(timeout(LONG, gate.wait()).await.unwrap().unwrap(), 3);
    other.shutdown().await;
    small.shutdown().await;
}
