//! Runs that end well.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use scoop::saga;
use scoop::testing::CrashStore;
use scoop_runtime::environment::Environment as _;

use crate::connect;
use crate::sagas::{World, careful, keys, names, sleeps, trip};
use crate::support::clock::Clock;
use crate::support::{Place, on_every_store};

on_every_store!(
    a_saga_runs_with_one_commit_more_than_it_has_awaits,
    a_caught_failure_undoes_nothing,
    a_sleep_and_a_later_start_end,
    a_sleep_until_a_moment_ends_then,
    a_blocking_step_knows_its_run
);

async fn a_blocking_step_knows_its_run(place: Place) {
    let scoop = connect(place.open().await, &World::default()).await;
    let handle = scoop.start(keys()).await.unwrap();
    let wanted = format!("{}:1", handle.id());
    assert_eq!(handle.wait().await.unwrap(), Some(wanted));
}

async fn a_saga_runs_with_one_commit_more_than_it_has_awaits(place: Place) {
    let (world, store) = (
        World::default(),
        Arc::new(CrashStore::new(place.open().await, None)),
    );
    let scoop = connect(store.clone(), &world).await;
    let handle = scoop
        .start(trip("t".into(), names(&["a", "b"])))
        .await
        .unwrap();
    assert_eq!(
        handle.wait().await.unwrap(),
        names(&["a-ticket", "b-ticket"])
    );
    assert_eq!(
        world.log("t"),
        ["+a", "+b", "flaky", "flaky", "flaky", "flaky"]
    );
    // Three awaits, the end, and one for each of three failed attempts.
    assert_eq!(store.commits(), 3 + 1 + 3);
}

async fn a_caught_failure_undoes_nothing(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let said = scoop
        .start(careful("t".into()))
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert!(said.contains("careful"), "{said}");
    assert_eq!(world.log("t"), ["+full", "+explode"]);
}

async fn a_sleep_and_a_later_start_end(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let start = scoop.start(sleeps()).after(Duration::from_millis(30));
    assert_eq!(start.await.unwrap().wait().await.unwrap(), 42);
    scoop
        .scope(async {
            assert_eq!(sleeps().await.unwrap(), 42);
        })
        .await;
}

#[saga]
async fn waits_until(times: Vec<SystemTime>) -> usize {
    for time in &times {
        scoop::sleep_until(*time).await;
    }
    times.len()
}

async fn a_sleep_until_a_moment_ends_then(place: Place) {
    let scoop = connect(place.open().await, &World::default()).await;
    let before = Clock.now();
    let at = |hours: u64| before.after(Duration::from_secs(hours * 3_600)).into();
    // The last one is past by then.
    let handle = scoop.start(waits_until(vec![at(2), at(3), at(1)])).await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 3);
    let took = Clock.now().since(before);
    let three = Duration::from_secs(3 * 3_600);
    assert!(took >= three && took < three * 2, "{took:?}");
}
