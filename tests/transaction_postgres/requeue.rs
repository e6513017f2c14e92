//! Runs that are requeued again and again while their steps are in transactions: whoever gave one up
//! commits nothing for it any more, or what it had sent is found.

use std::time::Duration;

use scoop::{RunFilter, RunStatus, Scoop};
use tokio::time::timeout;

use crate::place::Place;
use crate::sagas::refused;
use crate::world::{LONG, World, end_of};

const RUNS: usize = 300;

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
    let starts = (0..RUNS).map(|number| {
        let start = workers[number % 2].start(refused(number.to_string()));
        tokio::spawn(async move { start.id(number.to_string()).await.unwrap() })
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
    let mut requeued = 0;
    let requeues = async {
        // Each has runs of its own and those of the other one to give up.
        while ended.count().await.unwrap() < RUNS as u64 {
            for all in &all {
                requeued += all.requeue().await.unwrap().changed;
            }
        }
    };
    timeout(LONG, requeues).await.unwrap();
    let mut handles = Vec::new();
    for start in starts {
        handles.push(start.await.unwrap());
    }
    for (number, handle) in handles.iter().enumerate() {
        end_of(handle).await;
        let ledger = place.ledger(&number.to_string()).await;
        assert_eq!(ledger, ["+bike", "+lock", "-lock", "-bike"], "run {number}");
    }
    assert!(requeued > 10, "{requeued} were requeued");
    for worker in &workers {
        worker.shutdown().await;
    }
}
