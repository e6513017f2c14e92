//! Runs that are cancelled: what waits ends at once, what is under way is waited for, nothing more
//! begins, and all is undone; unless there is no way back.

use std::time::Duration;

use scoop::{FailureKind, Resource, RunStatus, SagaError, Scoop, Status, saga, step};

use crate::connect;
use crate::sagas::{Full, World, book, names, past_pivot, sleeps, trip};
use crate::support::{Place, connecting, kill, on_every_store, soon};

on_every_store!(
    a_sleep_ends,
    a_later_start_ends,
    a_pause_between_attempts_ends,
    attempts_without_a_pause_end,
    a_step_under_way_is_waited_for,
    a_body_that_returned_loses_against_a_cancel,
    the_saga_below_ends_first,
    who_catches_is_cancelled_all_the_same,
    a_run_that_nobody_drives_is_cancelled_when_somebody_does,
    what_cannot_be_cancelled_is_said,
);

const LONG: Duration = Duration::from_secs(1_000 * 3_600);

/// Until nobody has anything to do: the clock is paused, and goes on then.
pub(crate) async fn idle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[saga]
async fn sleeper(test: String) -> Result<(), Full> {
    book(&test, "a").await?;
    scoop::sleep(LONG).await;
    book(&test, "b").await?;
    Ok(())
}

async fn a_sleep_ends(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(sleeper("s".into())).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(error.error(), None);
    assert_eq!(error.hops()[0].operation.as_deref(), Some("scoop::sleep"));
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log("s"), ["+a", "-a"]);

    let handle = scoop.start(sleeper("r".into())).await.unwrap();
    idle().await;
    let admin = scoop.admin();
    admin.cancel(handle.id(), "they called").await.unwrap();
    // The first reason stays.
    admin
        .cancel(handle.id(), "they called again")
        .await
        .unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    let report = format!("{error:?}");
    assert!(report.contains("cancelled: they called\n"), "{report}");
    let (row, _) = admin.show(handle.id()).await.unwrap();
    assert_eq!(row.cancel.as_deref(), Some("they called"));
}

async fn a_later_start_ends(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let later = scoop.start(trip("t".into(), names(&["a"]))).after(LONG);
    let handle = later.await.unwrap();
    handle.cancel().await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log("t"), Vec::<String>::new());
}

#[step(rollback = never, retry(forever, backoff = "900h..1000h"))]
async fn hopeless(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "hopeless");
    Err(Full("line".to_owned()))
}

async fn never(test: &str, _: (), world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "-hopeless");
    Ok(())
}

#[saga]
async fn hoping(test: String) -> Result<(), Full> {
    book(&test, "a").await?;
    hopeless(&test).await
}

async fn a_pause_between_attempts_ends(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(hoping("h".into())).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(format!("{error:?}").contains("line is full"), "{error:?}");
    assert_eq!(world.log("h"), ["+a", "hopeless", "-a"]);
}

#[step(retriable, retry(forever, backoff = "1us..1us"))]
async fn restless(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "restless");
    Err(Full("line".to_owned()))
}

#[saga]
async fn rest(test: String) -> Result<(), Full> {
    restless(&test).await
}

async fn attempts_without_a_pause_end(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(rest("r".into())).await.unwrap();
    while world.log("r").len() < 3 {
        tokio::task::yield_now().await;
    }
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
}

/// Takes half an hour.
#[step(rollback = unslow)]
pub(crate) async fn slow(test: &str, world: Resource<World>) -> Result<u32, Full> {
    world.effect(test, "begins");
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    world.effect(test, "ends");
    Ok(7)
}

async fn unslow(test: &str, number: u32, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, &format!("undone {number}"));
    Ok(())
}

#[saga]
async fn slowly(test: String, then: bool) -> Result<u32, Full> {
    let number = slow(&test).await?;
    if then {
        book(&test, "b").await?;
    }
    Ok(number)
}

async fn cancelled_under_way(place: Place, then: bool) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(slowly("s".into(), then)).await.unwrap();
    idle().await;
    handle.cancel().await.unwrap();
    idle().await;
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    assert_eq!(world.log("s"), ["begins"]);
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(world.log("s"), ["begins", "ends", "undone 7"]);
}

async fn a_step_under_way_is_waited_for(place: Place) {
    cancelled_under_way(place, true).await;
}

/// The row of the run decides.
async fn a_body_that_returned_loses_against_a_cancel(place: Place) {
    cancelled_under_way(place, false).await;
}

#[saga]
async fn above(test: String) -> Result<(), Full> {
    book(&test, "flight").await?;
    let caught: Result<(), SagaError<Full>> = scoop::caught(sleeper(test.clone())).await;
    book(&test, &format!("{:?}", caught.is_ok())).await?;
    Ok(())
}

#[saga]
async fn top(test: String) -> Result<(), Full> {
    sleeper_of(test).await
}

#[saga]
async fn sleeper_of(test: String) -> Result<(), Full> {
    book(&test, "home").await?;
    sleeper(test).await
}

async fn the_saga_below_ends_first(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(top("t".into())).await.unwrap();
    idle().await;
    let admin = scoop.admin();
    admin.cancel(handle.id(), "they called").await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    let sagas: Vec<_> = error.hops().into_iter().map(|hop| &*hop.saga).collect();
    let wanted = ["top", "sleeper_of", "sleeper"].map(|name| format!("engine::cancel::{name}"));
    assert_eq!(sagas, wanted);
    assert_eq!(world.log("t"), ["+home", "+a", "-a", "-home"]);
    let below = error.hops()[2].run;
    let (row, _) = admin.show(below).await.unwrap();
    let reason = "`engine::cancel::sleeper_of`, which awaits it, was cancelled: \
                  `engine::cancel::top`, which awaits it, was cancelled: they called";
    assert_eq!(row.cancel.as_deref(), Some(reason));
    assert!(error.to_string().starts_with("saga `engine::cancel::top`"));
}

#[saga]
async fn stubborn(test: String) -> Result<u32, Full> {
    let mut times = 0;
    while scoop::caught(hopeless(&test)).await.is_err() {
        times += 1;
    }
    Ok(times)
}

async fn who_catches_is_cancelled_all_the_same(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    for (test, wanted) in [
        ("1", &["+flight", "+a", "-a", "-flight"][..]),
        ("2", &["hopeless"]),
    ] {
        let wait = async {
            if test == "1" {
                let handle = scoop.start(above(test.into())).await.unwrap();
                idle().await;
                handle.cancel().await.unwrap();
                handle.wait().await.unwrap_err().kind()
            } else {
                let handle = scoop.start(stubborn(test.into())).await.unwrap();
                idle().await;
                handle.cancel().await.unwrap();
                handle.wait().await.unwrap_err().kind()
            }
        };
        assert_eq!(soon(wait).await, Some(FailureKind::Cancelled));
        assert_eq!(world.log(test), wanted);
    }
}

async fn a_run_that_nobody_drives_is_cancelled_when_somebody_does(place: Place) {
    let world = World::default();
    let client = async |place: &Place| {
        let store = place.open().await;
        let connecting = connecting(store.clone()).provide(world.clone());
        (connecting.worker(false).await.unwrap(), store)
    };
    let (one, store) = client(&place).await;
    let handle = one.start(sleeper("n".into())).id("n").await.unwrap();
    one.admin().cancel(handle.id(), "early").await.unwrap();
    kill(one, &*store).await;
    let store = place.open().await;
    let scoop = connect(store.clone(), &world).await;
    let handle = scoop.start(sleeper("n".into())).id("n").await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(world.log("n"), Vec::<String>::new());
    // One that a worker left in a sleep.
    drop(scoop.start(sleeper("m".into())).id("m").await.unwrap());
    idle().await;
    kill(scoop, &*store).await;
    let (other, store) = client(&place).await;
    let left = other.start(sleeper("m".into())).id("m").await.unwrap();
    left.cancel().await.unwrap();
    assert_eq!(left.status().await.unwrap(), Status::Running);
    kill(other, &*store).await;
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.handle(sleeper, left.id());
    soon(handle.wait()).await.unwrap_err();
    assert_eq!(world.log("m"), ["+a", "-a"]);
}

#[step(rollback = unbook_slowly)]
async fn book_slowly(test: &str) -> Result<String, Full> {
    Ok(test.to_owned())
}

async fn unbook_slowly(test: &str, _: String, world: Resource<World>) -> Result<(), Full> {
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.effect(test, "-slowly");
    Ok(())
}

#[saga]
async fn goes_back(test: String) -> Result<(), Full> {
    let what = book_slowly(&test).await?;
    Err(Full(what))
}

async fn what_cannot_be_cancelled_is_said(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let says = async |scoop: &Scoop, run| {
        let refused = scoop.admin().cancel(run, "why").await;
        refused.unwrap_err().to_string()
    };
    // One that rolls back has nothing more to do.
    let back = scoop.start(goes_back("b".into())).await.unwrap();
    idle().await;
    assert_eq!(back.status().await.unwrap(), Status::RollingBack);
    back.cancel().await.unwrap();
    let error = soon(back.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Error));
    let run = back.id();
    let wanted = format!("run {run} is rolled back: there is nothing to cancel");
    assert_eq!(says(&scoop, run).await, wanted);
    let (row, _) = scoop.admin().show(run).await.unwrap();
    assert_eq!((row.status, row.cancel), (RunStatus::RolledBack, None));

    let ended = scoop.start(sleeps()).await.unwrap();
    ended.wait().await.unwrap();
    let run = ended.id();
    let wanted = format!(
        "run {run} is completed: there is nothing to cancel; `roll_back` undoes what it did"
    );
    assert_eq!(says(&scoop, run).await, wanted);

    let stuck = scoop.start(past_pivot("p".into())).await.unwrap();
    stuck.wait().await.unwrap_err();
    let run = stuck.id();
    let wanted = format!("run {run} is stuck: `retry`, `skip` or `resolve` it");
    assert_eq!(says(&scoop, run).await, wanted);

    let nobody = scoop::RunId::from_uuid(uuid::Uuid::nil());
    assert_eq!(
        says(&scoop, nobody).await,
        format!("there is no run {nobody}")
    );
}
