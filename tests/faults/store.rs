//! A store that is away, loses answers, refuses a row, or was given to somebody else.

use std::sync::Arc;

use scoop::Status;
use scoop::testing::FaultStore;
use tokio::time::timeout;

use crate::sagas::{Full, World, names, naps, trip};
use crate::support::{Place, connecting, on_every_store};
use crate::{LONG, connect};

on_every_store!(
    a_saga_waits_while_the_store_is_away,
    a_rollback_waits_while_the_store_cannot_be_read,
    a_worker_that_starts_waits_while_the_store_cannot_be_read,
    a_commit_whose_answer_is_lost_is_no_failure,
    whoever_waits_on_a_dead_worker_is_told,
    one_bad_row_fails_one_run,
    starts_of_one_id_at_once_are_one_run,
    a_shutdown_gives_everything_back
);

async fn a_saga_waits_while_the_store_is_away(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults.clone(), &world).await;
    faults.away_for_commits(20);
    let handle = scoop.start(trip(names(&["a", "full"]))).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())));
    assert_eq!(world.log(), ["+a 1", "+full 2", "-a"]);
}

async fn a_rollback_waits_while_the_store_cannot_be_read(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults.clone(), &world).await;
    faults.away_for_reads(8);
    let handle = scoop.start(trip(names(&["a", "full"]))).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())), "{error:?}");
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
}

async fn a_worker_that_starts_waits_while_the_store_cannot_be_read(place: Place) {
    let world = World::default();
    let client = connecting(place.open().await)
        .provide(world.clone())
        .worker(false)
        .name("client")
        .await
        .unwrap();
    let start = client.start(trip(names(&["a"]))).id("one");
    start.await.unwrap();
    client.shutdown().await;
    let faults = FaultStore::new(place.open().await);
    faults.away_for_reads(8);
    let scoop = connect(faults, &world).await;
    let start = scoop.start(trip(names(&["a"]))).id("one");
    let handle = start.await.unwrap();
    let result = timeout(LONG, handle.wait()).await.unwrap();
    assert_eq!(result.unwrap(), ["ticket a"]);
}

async fn a_commit_whose_answer_is_lost_is_no_failure(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults.clone(), &world).await;
    faults.lose_answers(100);
    let start = scoop.start(trip(names(&["a", "b", "full"]))).id("one");
    let handle = start.await.unwrap();
    let error = timeout(LONG * 10, handle.wait()).await.unwrap();
    assert_eq!(error.unwrap_err().error(), Some(&Full("full".into())));
    assert_eq!(world.log(), ["+a 1", "+b 2", "+full 3", "-b", "-a"]);
}

async fn whoever_waits_on_a_dead_worker_is_told(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(naps()).await.unwrap();
    faults.fence(true);
    let error = timeout(LONG * 10, handle.wait())
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.is_infrastructure(), "{error:?}");
    assert!(scoop.start(naps()).await.is_err());
}

async fn one_bad_row_fails_one_run(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults.clone(), &world).await;
    faults.refuse("run 7");
    let mut starts = tokio::task::JoinSet::new();
    for number in 0..20 {
        let start = scoop.start(trip(names(&["a"]))).id(format!("run {number}"));
        starts.spawn(async move { (number, start.await) });
    }
    let mut bad = Vec::new();
    while let Some(started) = starts.join_next().await {
        match started.unwrap() {
            (_, Ok(handle)) => assert_eq!(handle.wait().await.unwrap(), ["ticket a"]),
            (number, Err(error)) => {
                assert!(error.to_string().contains("bad row"), "{error}");
                bad.push(number);
            }
        }
    }
    assert_eq!(bad, [7]);
}

async fn starts_of_one_id_at_once_are_one_run(place: Place) {
    let (world, faults) = (World::default(), FaultStore::new(place.open().await));
    let scoop = connect(faults, &world).await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        starts.spawn(scoop.start(trip(names(&["a"]))).id("same").into_future());
    }
    let mut ids = Vec::new();
    while let Some(started) = starts.join_next().await {
        let handle = started.unwrap().unwrap();
        handle.wait().await.unwrap();
        ids.push(handle.id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.log(), ["+a 1"]);
}

async fn a_shutdown_gives_everything_back(place: Place) {
    let world = World::default();
    let faults = FaultStore::new(place.open().await);
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(naps()).await.unwrap();
    scoop.shutdown().await;
    assert!(handle.wait().await.unwrap_err().is_infrastructure());
    assert!(scoop.start(naps()).await.is_err());
    drop((scoop, handle));
    tokio::task::yield_now().await;
    while Arc::strong_count(&faults) > 1 {
        tokio::task::yield_now().await;
    }
}
