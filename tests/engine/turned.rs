//! Runs that are cancelled about their pivot: once it is done there is no way back.

use std::time::Duration;

use scoop::{FailureKind, Resource, Status, saga, step};

use crate::cancel::{idle, slow};
use crate::connect;
use crate::sagas::{Full, World, book, pay};
use crate::support::{Place, kill, on_every_store, soon};

on_every_store!(
    a_saga_below_that_is_past_its_pivot_goes_on,
    past_its_pivot_a_run_goes_on,
    a_pivot_under_way_is_waited_for,
);

#[saga]
async fn paid(test: String) -> Result<u32, Full> {
    book(&test, "a").await?;
    pay(&test).await?;
    Ok(slow(&test).await.unwrap_or_default())
}

#[saga]
async fn above_paid(test: String) -> Result<(), Full> {
    book(&test, "x").await?;
    paid(test.clone()).await?;
    book(&test, "y").await?;
    Ok(())
}

/// And, when it has ended, the saga above it goes on, too.
async fn a_saga_below_that_is_past_its_pivot_goes_on(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(above_paid("p".into())).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    soon(handle.wait()).await.unwrap();
    let wanted = ["+x", "+a", "pay", "begins", "ends", "+y"];
    assert_eq!(world.log("p"), wanted);
}

#[saga]
async fn behind_its_pivot(test: String) -> Result<u32, Full> {
    book(&test, "a").await?;
    pay(&test).await?;
    scoop::sleep(Duration::from_secs(600)).await;
    Ok(scoop::caught(slow(&test)).await.unwrap_or_default())
}

async fn past_its_pivot_a_run_goes_on(place: Place) {
    let world = World::default();
    let store = place.open().await;
    let scoop = connect(store.clone(), &world).await;
    let handle = scoop
        .start(behind_its_pivot("p".into()))
        .id("p")
        .await
        .unwrap();
    idle().await;
    let admin = scoop.admin();
    admin.cancel(handle.id(), "too late").await.unwrap();
    idle().await;
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    // In another life, too.
    kill(scoop, &*store).await;
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop
        .start(behind_its_pivot("p".into()))
        .id("p")
        .await
        .unwrap();
    assert_eq!(soon(handle.wait()).await.unwrap(), 7);
    assert_eq!(world.log("p"), ["+a", "pay", "begins", "ends"]);
    let (row, _) = scoop.admin().show(handle.id()).await.unwrap();
    assert_eq!(row.cancel.as_deref(), Some("too late"));
}

#[step(pivot)]
async fn slow_pivot(test: &str, works: bool, world: Resource<World>) -> Result<(), Full> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.effect(test, "pivot");
    works.then_some(()).ok_or_else(|| Full("bank".to_owned()))
}

#[saga]
async fn turning(test: String, works: bool) -> Result<(), Full> {
    book(&test, "a").await?;
    let turned = slow_pivot(&test, works).await;
    if turned.is_err() {
        book(&test, "b").await?;
    }
    scoop::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// What comes of it decides.
async fn a_pivot_under_way_is_waited_for(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    for (test, works) in [("done", true), ("refused", false)] {
        let handle = scoop.start(turning(test.into(), works)).await.unwrap();
        idle().await;
        handle.cancel().await.unwrap();
        let result = soon(handle.wait()).await;
        if works {
            result.unwrap();
            assert_eq!(world.log(test), ["+a", "pivot"]);
        } else {
            assert_eq!(result.unwrap_err().kind(), Some(FailureKind::Cancelled));
            assert_eq!(world.log(test), ["+a", "pivot", "-a"]);
        }
    }
}
