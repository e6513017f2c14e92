//! A worker whose heartbeats do not arrive.

use std::sync::Arc;
use std::time::Duration;

use scoop::testing::FaultStore;
use scoop_runtime::environment::Environment as _;
use scoop_runtime::store::Lease;
use tokio::time::timeout;

use crate::sagas::{Full, World, late, late_and_full, naps};
use crate::support::clock::Clock;
use crate::support::{Place, on_every_store};
use crate::{LONG, connect};

on_every_store!(
    nothing_is_begun_until_the_lease_is_renewed,
    nothing_is_undone_until_the_lease_is_renewed,
    heartbeats_keep_the_lease,
    a_worker_that_is_declared_dead_stops
);

async fn shared(place: &Place) -> Arc<FaultStore> {
    let faults = FaultStore::new(place.open().await);
    faults.share(Lease::default());
    faults
}

/// A heartbeat that fails is sent again after half a second.
const MANY: u32 = 400;

async fn nothing_is_begun_until_the_lease_is_renewed(place: Place) {
    let (world, faults) = (World::default(), shared(&place).await);
    let scoop = connect(faults.clone(), &world).await;
    faults.away_for_heartbeats(MANY);
    let began = Clock.now();
    let handle = scoop.start(late()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert!(world.log().is_empty(), "{:?}", world.log());
    let result = timeout(LONG, handle.wait()).await.unwrap();
    assert_eq!(result.unwrap(), "ticket a");
    assert!(Clock.now().since(began) > Duration::from_secs(200));
}

async fn nothing_is_undone_until_the_lease_is_renewed(place: Place) {
    let (world, faults) = (World::default(), shared(&place).await);
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(late_and_full()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    faults.away_for_heartbeats(MANY);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(world.log(), ["+a 1"]);
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.error(), Some(&Full("all".into())));
    assert_eq!(world.log(), ["+a 1", "remember", "forget", "-a"]);
}

async fn heartbeats_keep_the_lease(place: Place) {
    let (world, faults) = (World::default(), shared(&place).await);
    let scoop = connect(faults, &world).await;
    let began = Clock.now();
    let handle = scoop.start(late()).await.unwrap();
    handle.wait().await.unwrap();
    assert!(Clock.now().since(began) < Duration::from_secs(65));
}

async fn a_worker_that_is_declared_dead_stops(place: Place) {
    let (world, faults) = (World::default(), shared(&place).await);
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(naps()).await.unwrap();
    faults.fence(true);
    let began = Clock.now();
    let error = handle.wait().await.unwrap_err();
    assert!(error.is_infrastructure(), "{error:?}");
    // A heartbeat tells it; nothing had to be written.
    assert!(Clock.now().since(began) < Duration::from_secs(5));
}
