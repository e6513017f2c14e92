//! Crashes, and what is known after them.

use std::sync::Arc;
use std::time::Duration;

use scoop::RunStatus;
use scoop::testing::{CrashStore, FaultStore};
use scoop_runtime::environment::Environment as _;

use crate::connect;
use crate::sagas::{World, names, naps, second_choice, trip};
use crate::support::clock::Clock;
use crate::support::{Place, kill, on_every_store};

on_every_store!(
    what_a_crash_cut_short_runs_once_more_under_the_same_key,
    failures_before_a_crash_are_listed_after_it,
    a_sleep_goes_on_after_a_crash_from_where_it_was
);

async fn what_a_crash_cut_short_runs_once_more_under_the_same_key(place: Place) {
    for batches in 1..=3 {
        let (world, place) = (World::default(), place.fresh());
        let faults = FaultStore::new(place.open().await);
        faults.stop_after(batches);
        let first = connect(faults.clone(), &world).await;
        let start = first.start(trip(names(&["a", "b", "c"]))).id("one");
        let _handle = start.await.unwrap();
        faults.stopped().await;
        drop(first);
        let second = connect(place.open().await, &world).await;
        let start = second.start(trip(names(&["a", "b", "c"]))).id("one");
        start.await.unwrap().wait().await.unwrap();
        let mut wanted = names(&["+a 1", "+b 2", "+c 3"]);
        let again = wanted[batches as usize - 1].clone();
        wanted.insert(batches as usize - 1, again);
        assert_eq!(world.log(), wanted);
    }
}

async fn failures_before_a_crash_are_listed_after_it(place: Place) {
    let world = World::default();
    let crashing = Arc::new(CrashStore::new(place.open().await, Some(2)));
    let first = connect(crashing.clone(), &world).await;
    let _handle = first.start(second_choice()).id("one").await.unwrap();
    crashing.crashed().await;
    drop(first);
    let second = connect(place.open().await, &world).await;
    let handle = second.start(second_choice()).id("one").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let earlier = error.preceded_by();
    assert_eq!(earlier.len(), 1, "{error:?}");
    assert_eq!(earlier[0].error.message, "full is full");
    assert!(earlier[0].hop.point.as_deref().unwrap().contains("book"));
}

async fn a_sleep_goes_on_after_a_crash_from_where_it_was(place: Place) {
    let (world, store) = (World::default(), place.open().await);
    let first = connect(Arc::clone(&store), &world).await;
    let id = first.start(naps()).id("one").await.unwrap().id();
    let due = store.run(id).await.unwrap().unwrap().wake_at.unwrap();
    assert_eq!(due.since(Clock.now()), Duration::from_secs(3_600));
    kill(first, &*store).await;
    tokio::time::advance(Duration::from_secs(3_000)).await;
    let store = place.open().await;
    let second = connect(Arc::clone(&store), &world).await;
    let row = store.run(id).await.unwrap().unwrap();
    assert_eq!((row.wake_at, row.status), (Some(due), RunStatus::Running));
    let handle = second.start(naps()).id("one").await.unwrap();
    assert_eq!((handle.id(), handle.wait().await.unwrap()), (id, 7));
    assert!(
        Clock.now().since(due) < Duration::from_secs(1),
        "no more than was left"
    );
}
