//! Steps that may be dropped: nobody waits for them where nothing more is to begin.

use std::time::Duration;

use scoop::{FailureKind, Outcome, Resource, Status, saga, step};
use scoop_runtime::environment::Environment as _;

use crate::cancel::idle;
use crate::connect;
use crate::sagas::{Full, World, book, pay};
use crate::support::clock::Clock;
use crate::support::{Place, kill, on_every_store};

on_every_store!(
    a_step_is_dropped_when_its_run_is_cancelled,
    a_step_is_dropped_at_the_deadline,
    a_step_is_dropped_when_one_beside_it_fails,
    a_step_is_dropped_when_its_time_is_over,
    a_step_of_a_saga_that_lost_a_race_is_dropped,
    a_step_that_changes_nothing_did_not_happen,
    a_step_that_was_under_way_in_an_earlier_life_is_not_begun_again,
    past_its_pivot_a_step_is_awaited,
    a_step_that_is_not_disturbed_ends
);

const HOUR: Duration = Duration::from_secs(3_600);

/// Says when it is dropped.
struct Told<'a>(&'a World, &'a str);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.effect(self.1, "dropped");
    }
}

#[step(rollback = give_up, cancellable)]
async fn search(test: &str, hours: u32, world: Resource<World>) -> Result<u32, Full> {
    world.effect(test, "searches");
    let told = Told(&world, test);
    tokio::time::sleep(HOUR * hours).await;
    std::mem::forget(told);
    world.effect(test, "found");
    Ok(hours)
}

async fn give_up(
    test: &str,
    _: u32,
    found: Outcome<u32>,
    world: Resource<World>,
) -> Result<(), Full> {
    world.effect(test, &format!("undone {found:?}"));
    Ok(())
}

#[step(read_only, cancellable)]
async fn look(test: &str, world: Resource<World>) -> Result<u32, Full> {
    let _told = Told(&world, test);
    tokio::time::sleep(HOUR * 100).await;
    Ok(1)
}

#[saga]
async fn searching(test: String, hours: u32) -> Result<u32, Full> {
    book(&test, "a").await?;
    search(&test, hours).await
}

#[saga(deadline = "2h")]
async fn brief(test: String) -> Result<u32, Full> {
    search(&test, 100).await
}

#[saga]
async fn beside(test: String) -> Result<(), Full> {
    scoop::try_join((late(&test), search(&test, 100)))
        .cancel_others()
        .await?;
    Ok(())
}

#[step(rollback = unlate)]
async fn late(test: &str, world: Resource<World>) -> Result<u32, Full> {
    tokio::time::sleep(HOUR).await;
    world.effect(test, "late");
    Err(Full("late".to_owned()))
}

async fn unlate(_: &str, _: u32) -> Result<(), Full> {
    Ok(())
}

#[saga]
async fn timed(test: String, fails: bool) -> Result<String, Full> {
    let found = scoop::timeout(HOUR, search(&test, 100)).await;
    let found = match found {
        Ok(found) => format!("{found:?}"),
        Err(elapsed) => elapsed.to_string(),
    };
    book(&test, if fails { "full" } else { "b" }).await?;
    Ok(found)
}

#[saga]
async fn resting(hours: u32) -> Result<u32, Full> {
    scoop::sleep(HOUR * hours).await;
    Ok(hours)
}

#[saga]
async fn raced(test: String) -> Result<u32, Full> {
    scoop::race!(searching(test, 100), resting(2))
}

#[saga]
async fn looking(test: String) -> Result<u32, Full> {
    book(&test, "a").await?;
    look(&test).await
}

#[saga(deadline = "2h")]
async fn paid(test: String) -> Result<u32, Full> {
    pay(&test).await?;
    search(&test, 5).await
}

async fn a_step_is_dropped_when_its_run_is_cancelled(place: Place) {
    let (world, before) = (World::default(), Clock.now());
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(searching("s".into(), 100)).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert!(Clock.now().since(before) < HOUR);
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(
        error.hops()[0]
            .operation
            .as_deref()
            .unwrap()
            .ends_with("search")
    );
    assert!(error.compensations()[0].unknown, "{error:?}");
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    let log = ["+a", "searches", "dropped", "undone Unknown", "-a"];
    assert_eq!(world.log("s"), log);
}

async fn a_step_is_dropped_at_the_deadline(place: Place) {
    let (world, before) = (World::default(), Clock.now());
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(brief("b".into())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let took = Clock.now().since(before);
    assert!(took >= HOUR * 2 && took < HOUR * 3, "{took:?}");
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(world.log("b"), ["searches", "dropped", "undone Unknown"]);
}

async fn a_step_is_dropped_when_one_beside_it_fails(place: Place) {
    let (world, before) = (World::default(), Clock.now());
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(beside("j".into())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert!(Clock.now().since(before) < HOUR * 2);
    assert_eq!(error.error(), Some(&Full("late".to_owned())));
    let log = ["searches", "late", "dropped", "undone Unknown"];
    assert_eq!(world.log("j"), log);
}

async fn a_step_is_dropped_when_its_time_is_over(place: Place) {
    let (world, before) = (World::default(), Clock.now());
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(timed("t".into(), false)).await.unwrap();
    assert_eq!(
        handle.wait().await.unwrap(),
        "it took longer than it was given"
    );
    assert!(Clock.now().since(before) < HOUR * 2);
    assert_eq!(world.log("t"), ["searches", "dropped", "+b"]);
    // What may have happened is undone when the saga fails later.
    let handle = scoop.start(timed("f".into(), true)).await.unwrap();
    handle.wait().await.unwrap_err();
    let log = ["searches", "dropped", "+full", "undone Unknown"];
    assert_eq!(world.log("f"), log);
}

async fn a_step_of_a_saga_that_lost_a_race_is_dropped(place: Place) {
    let (world, before) = (World::default(), Clock.now());
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(raced("r".into())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 2);
    assert!(Clock.now().since(before) < HOUR * 3);
    let log = ["+a", "searches", "dropped", "undone Unknown", "-a"];
    assert_eq!(world.log("r"), log);
}

async fn a_step_that_changes_nothing_did_not_happen(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(looking("l".into())).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(
        error.hops()[0]
            .operation
            .as_deref()
            .unwrap()
            .ends_with("look")
    );
    assert_eq!(world.log("l"), ["+a", "dropped", "-a"]);
}

async fn a_step_that_was_under_way_in_an_earlier_life_is_not_begun_again(place: Place) {
    let world = World::default();
    let store = place.open().await;
    let scoop = connect(store.clone(), &world).await;
    drop(scoop.start(brief("k".into())).id("k").await.unwrap());
    idle().await;
    kill(scoop, &*store).await;
    tokio::time::advance(HOUR * 3).await;
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(brief("k".into())).id("k").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    let mut log = world.log("k");
    log.retain(|line| line != "dropped");
    assert_eq!(log, ["searches", "undone Unknown"]);
}

async fn past_its_pivot_a_step_is_awaited(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(paid("p".into())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 5);
    assert_eq!(world.log("p"), ["pay", "searches", "found"]);
}

async fn a_step_that_is_not_disturbed_ends(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(searching("u".into(), 100)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 100);
    assert_eq!(world.log("u"), ["+a", "searches", "found"]);
}
