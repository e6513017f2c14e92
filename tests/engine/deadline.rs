//! Deadlines: as a cancel that comes by itself.

use std::time::Duration;

use scoop::{FailureKind, Status, saga};

use crate::cancel::idle;
use crate::connect;
use crate::sagas::{Full, World, book, pay};
use crate::support::clock::Clock;
use crate::support::{Place, kill, on_every_store};
use scoop_runtime::environment::Environment as _;

on_every_store!(
    a_run_ends_at_its_deadline,
    a_deadline_counts_from_the_start_in_every_life,
    past_its_pivot_a_run_takes_as_long_as_it_takes,
    a_deadline_below_fails_the_saga_above,
    a_deadline_ends_the_saga_below_first,
);

const HOUR: Duration = Duration::from_secs(3_600);

#[saga(deadline = "2h")]
async fn brief(test: String, sleep: u64) -> Result<u64, Full> {
    book(&test, "a").await?;
    scoop::sleep(Duration::from_secs(sleep * 3_600)).await;
    book(&test, "b").await?;
    Ok(sleep)
}

async fn a_run_ends_at_its_deadline(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let before = Clock.now();
    let handle = scoop.start(brief("d".into(), 10)).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let took = Clock.now().since(before);
    assert!(took >= HOUR * 2 && took < HOUR * 3, "{took:?}");
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    let report = format!("{error:?}");
    assert!(
        report.contains("took longer than its deadline of 7200s"),
        "{report}"
    );
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log("d"), ["+a", "-a"]);
    let quick = scoop.start(brief("q".into(), 1)).await.unwrap();
    assert_eq!(quick.wait().await.unwrap(), 1);
}

async fn a_deadline_counts_from_the_start_in_every_life(place: Place) {
    let world = World::default();
    let store = place.open().await;
    let scoop = connect(store.clone(), &world).await;
    let before = Clock.now();
    drop(scoop.start(brief("d".into(), 10)).id("d").await.unwrap());
    idle().await;
    kill(scoop, &*store).await;
    tokio::time::advance(HOUR).await;
    let store = place.open().await;
    let scoop = connect(store.clone(), &world).await;
    let handle = scoop.start(brief("d".into(), 10)).id("d").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    let took = Clock.now().since(before);
    assert!(took >= HOUR * 2 && took < HOUR * 3, "{took:?}");
    // One whose time was over when nobody drove it.
    drop(scoop.start(brief("e".into(), 1)).id("e").await.unwrap());
    idle().await;
    kill(scoop, &*store).await;
    tokio::time::advance(HOUR * 3).await;
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(brief("e".into(), 1)).id("e").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(world.log("e"), ["+a", "-a"]);
}

#[saga(deadline = "2h")]
async fn paid_in_time(test: String) -> Result<(), Full> {
    book(&test, "a").await?;
    pay(&test).await?;
    scoop::sleep(HOUR * 5).await;
    scoop::sleep(HOUR * 5).await;
    Ok(())
}

async fn past_its_pivot_a_run_takes_as_long_as_it_takes(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(paid_in_time("p".into())).await.unwrap();
    handle.wait().await.unwrap();
    assert_eq!(world.log("p"), ["+a", "pay"]);
}

#[saga]
async fn above_brief(test: String, catches: bool) -> Result<String, Full> {
    book(&test, "x").await?;
    if catches {
        let caught = scoop::caught(brief(test.clone(), 10)).await;
        book(&test, "y").await?;
        return Ok(format!("{:?}", caught.unwrap_err().kind()));
    }
    brief(test, 10).await?;
    Ok(String::new())
}

async fn a_deadline_below_fails_the_saga_above(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(above_brief("f".into(), false)).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(error.hops().len(), 2);
    assert_eq!(world.log("f"), ["+x", "+a", "-a", "-x"]);
    let caught = scoop.start(above_brief("c".into(), true)).await.unwrap();
    assert_eq!(caught.wait().await.unwrap(), "Some(Deadline)");
    assert_eq!(world.log("c"), ["+x", "+a", "-a", "+y"]);
}

#[saga]
async fn long(test: String) -> Result<(), Full> {
    book(&test, "long").await?;
    scoop::sleep(HOUR * 100).await;
    Ok(())
}

#[saga(deadline = "2h")]
async fn above_long(test: String) -> Result<(), Full> {
    book(&test, "x").await?;
    long(test).await
}

async fn a_deadline_ends_the_saga_below_first(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(above_long("l".into())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(world.log("l"), ["+x", "+long", "-long", "-x"]);
}
