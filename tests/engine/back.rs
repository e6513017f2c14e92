//! Runs that fail.

use scoop::Status;

use crate::connect;
use crate::sagas::{Full, World, doubtful, names, panics, past_pivot, trip};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_failed_saga_is_undone_newest_first,
    what_is_in_doubt_is_undone_as_such,
    a_failure_past_the_pivot_is_stuck,
    a_panic_before_the_first_await_is_stored
);

async fn a_failed_saga_is_undone_newest_first(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop
        .start(trip("t".into(), names(&["a", "b", "full"])))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())));
    assert_eq!(error.find::<Full>(), Some(Full("full".into())));
    assert_eq!(world.log("t"), ["+a", "+b", "+full", "-b", "-a"]);
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(error.compensations().len(), 2);
}

async fn what_is_in_doubt_is_undone_as_such(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let error = scoop
        .start(doubtful("t".into()))
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert_eq!(world.log("t"), ["+a", "+explode", "-explode Unknown", "-a"]);
}

async fn a_failure_past_the_pivot_is_stuck(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(past_pivot("t".into())).await.unwrap();
    handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    assert_eq!(world.log("t"), ["+a", "pay", "+full"]);
}

async fn a_panic_before_the_first_await_is_stored(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(panics("t".into())).id("p").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert!(format!("{error:?}").contains("before the first await"));
}
