//! Steps that run out of time, are in doubt, or await what they must not.

use crate::connect;
use crate::sagas::{World, by_taxi, nested, patient};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_pivot_that_runs_out_of_time_is_attempted_again,
    a_step_in_doubt_is_run_again_before_it_is_undone_with_its_value,
    a_saga_awaited_inside_a_step_is_refused
);

async fn a_pivot_that_runs_out_of_time_is_attempted_again(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(patient()).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
}

async fn a_step_in_doubt_is_run_again_before_it_is_undone_with_its_value(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(by_taxi()).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert_eq!(world.log(), ["+a 1", "+taxi", "+taxi", "-taxi 2", "-a"]);
}

async fn a_saga_awaited_inside_a_step_is_refused(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let said = scoop.start(nested()).await.unwrap().wait().await.unwrap();
    assert!(said.contains("inside the step"), "{said}");
}
