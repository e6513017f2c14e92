//! Runs that are requeued again and again while their steps are in transactions: whoever gave one up
//! commits nothing for it any more, or what it had sent is found.

use std::time::Duration;

use scoop::{RunFilter, RunStatus, Scoop};
use tokio::time::timeout;

use crate::place::Place;
use crate::sagas::refused;
use crate::world::{LONG, World, end_of};

/// How many there are at once.
const RUNS: usize = 300;
/// How many have to be requeued, at least: how many are in a round depends on the machine.
const ENOUGH: u64 = 30;

async fn worker(place: &Place, name: &str, world: &World) -> Scoop {
    // Nobody is ever declared dead.
    let connecting = Scoop::connect(&place.url).name(name);
    let connecting = connecting.lease(Duration::from_secs(3_600));
    connecting.provide(world.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_requeued_again_and_again_is_done_once() {
    let (place, world) = (Place::new().await, World::default());
    let workers = [
        worker(&place, "one", &world).await,
        worker(&place, "two", &world).await,
    ];
    let (mut rounds, mut requeued) = (0, 0);
    while requeued < ENOUGH {
        requeued += timeout(LONG, round(rounds, &workers, &place))
            .await
            .unwrap();
        rounds += 1;
    }
    for worker in &workers {
        worker.shutdown().await;
    }
}

/// Starts runs, and requeues those that go on until none does. How many were requeued.
async fn round(number: usize, workers: &[Scoop; 2], place: &Place) -> u64 {
    let names = (number * RUNS..(number + 1) * RUNS).map(|name| name.to_string());
    let starts = names.zip(workers.iter().cycle()).map(|(name, worker)| {
        let start = worker.start(refused(name.clone()));
        tokio::spawn(async move { (start.id(name.clone()).await.unwrap(), name) })
    });
    let starts: Vec<_> = starts.collect();
    let active = RunFilter {
        status: vec![RunStatus::Running, RunStatus::RollingBack],
        ..RunFilter::default()
    };
    let all = [0, 1].map(|number: usize| workers[number].admin().all(active.clone()));
    let ended = RunFilter {
        status: vec![RunStatus::RolledBack],
        ..RunFilter::default()
    };
    let ended = workers[0].admin().all(ended);
    let (mut requeued, wanted) = (0, (number + 1) * RUNS);
    // Each has runs of its own and those of the other one to give up.
    while ended.count().await.unwrap() < wanted as u64 {
        for all in &all {
            requeued += all.requeue().await.unwrap().changed;
        }
    }
    for start in starts {
        let (handle, name) = start.await.unwrap();
        end_of(&handle).await;
        let ledger = place.ledger(&name).await;
        assert_eq!(ledger, ["+bike", "+lock", "-lock", "-bike"], "run {name}");
    }
    requeued
}
