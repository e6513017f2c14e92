//! Sagas that await sagas: what they get, what is told of their failures, and what an operator sees.

use std::time::Duration;

use scoop::admin::Until;
use scoop::{FailureKind, RunFilter, RunStatus, SagaError, Scoop, Status, saga};
use serde::{Deserialize, Serialize};

use crate::connect;
use crate::sagas::{Full, World, names, trip};
use crate::support::{Place, connecting, on_every_store, soon};

on_every_store!(
    every_kind_of_value_comes_back,
    a_failure_names_every_hop,
    a_panic_below_fails_the_saga_above,
    who_waits_is_told_that_a_saga_below_is_stuck,
    a_saga_that_awaits_itself_without_end_fails,
    the_runs_below_are_listed,
    an_operator_is_told_which_run_below_is_stuck,
);

#[derive(Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
pub(crate) enum TourError {
    #[error("no trip")]
    Trip(#[source] Full),
}

#[saga]
async fn plain(number: u32) -> (u32, Option<String>) {
    scoop::sleep(Duration::from_secs(1)).await;
    (number, None)
}

#[saga]
async fn nothing() {
    scoop::sleep(Duration::from_secs(1)).await;
}

#[saga]
async fn values(test: String) -> Result<String, Full> {
    let (number, none) = plain(7).await;
    nothing().await;
    let tickets = trip(test.clone(), names(&["a"])).await?;
    let caught = scoop::caught(trip(test, names(&["b", "full"]))).await;
    let caught = caught.unwrap_err();
    Ok(format!(
        "{number} {none:?} {tickets:?} {:?}",
        caught.error()
    ))
}

async fn every_kind_of_value_comes_back(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let value = scoop.start(values("v".into())).await.unwrap().wait().await;
    let wanted = r#"7 None ["a-ticket"] Some(Full("full"))"#;
    assert_eq!(value.unwrap(), wanted);
    let mut log = world.log("v");
    log.retain(|line| line != "flaky");
    assert_eq!(log, ["+a", "+b", "+full", "-b"]);
}

#[saga]
pub(crate) async fn tour(test: String, places: Vec<String>) -> Result<(), TourError> {
    trip(test.clone(), names(&["home"]))
        .await
        .map_err(TourError::Trip)?;
    trip(test, places).await.map_err(TourError::Trip)?;
    Ok(())
}

#[saga]
async fn summer(test: String) -> Result<(), scoop::Error> {
    scoop::sleep(Duration::from_secs(1)).await;
    tour(test, names(&["a", "full"])).await?;
    Ok(())
}

async fn a_failure_names_every_hop(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(summer("s".into())).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    let hops: Vec<_> = error
        .hops()
        .into_iter()
        .map(|hop| hop.saga.clone())
        .collect();
    let sagas =
        ["child::summer", "child::tour", "sagas::trip"].map(|name| format!("engine::{name}"));
    assert_eq!(hops, sagas);
    assert_eq!(error.find::<Full>(), Some(Full("full".into())));
    assert_eq!(
        error.find::<TourError>(),
        Some(TourError::Trip(Full("full".into())))
    );
    let report = format!("{error:?}");
    let lines: Vec<&str> = report
        .lines()
        .map(|line| line.split(" at tests").next().unwrap())
        .collect();
    let lines: Vec<&str> = lines
        .into_iter()
        .filter(|line| !line.contains("run "))
        .collect();
    assert_eq!(
        lines,
        [
            "saga `engine::child::summer` failed",
            "  error: no trip",
            "    because: full is full",
            "  where: `engine::child::tour` failed",
            "    await point `tour`, attempt 1",
            "  where: `engine::sagas::trip` failed",
            "    saga `engine::child::tour`",
            "    await point `trip (2 of 2)`, attempt 1",
            "    undone there, newest first:",
            "      ✓ `engine::sagas::trip` (row 1) undone",
            "  where: `engine::sagas::book` failed",
            "    saga `engine::sagas::trip`",
            "    await point `book`, attempt 1",
            "    undone there, newest first:",
            "      ✓ `engine::sagas::book` (row 1) undone by `engine::sagas::cancel`",
            "  nothing had to be undone",
        ],
        "{report}"
    );
    let chain: Vec<String> =
        std::iter::successors(std::error::Error::source(&error), |error| error.source())
            .map(ToString::to_string)
            .collect();
    assert!(
        chain
            .iter()
            .any(|link| link.starts_with("in saga `engine::sagas::trip`")),
        "{chain:?}"
    );
    let mut log = world.log("s");
    log.retain(|line| line != "flaky");
    assert_eq!(log, ["+home", "+a", "+full", "-a", "-home"]);
}

#[saga]
async fn falling() -> Result<(), Full> {
    scoop::sleep(Duration::from_secs(1)).await;
    panic!("overboard")
}

#[saga]
async fn above_falling(catches: bool) -> Result<String, Full> {
    if catches {
        let caught: Result<(), SagaError<Full>> = scoop::caught(falling()).await;
        return Ok(format!("{:?}", caught.unwrap_err().kind()));
    }
    falling().await?;
    Ok(String::new())
}

async fn a_panic_below_fails_the_saga_above(place: Place) {
    let scoop = connect(place.open().await, &World::default()).await;
    let handle = scoop.start(above_falling(false)).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.error()),
        (Some(FailureKind::Panic), None)
    );
    assert_eq!(error.hops().len(), 2, "{error:?}");
    assert!(format!("{error:?}").contains("overboard"), "{error:?}");
    let caught = scoop.start(above_falling(true)).await.unwrap();
    assert_eq!(caught.wait().await.unwrap(), "Some(Panic)");
}

#[saga]
async fn above_stuck(test: String) -> Result<(), Full> {
    trip(test, names(&["a", "sticky", "full"])).await.map(drop)
}

#[saga]
async fn above_above_stuck(test: String) -> Result<(), Full> {
    above_stuck(test).await
}

async fn children(scoop: &Scoop, run: scoop::RunId) -> Vec<scoop::admin::RunRow> {
    let below = RunFilter {
        parent: Some(run),
        ..RunFilter::default()
    };
    scoop.admin().list(&below).await.unwrap()
}

async fn who_waits_is_told_that_a_saga_below_is_stuck(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(above_above_stuck("t".into())).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    assert_eq!(error.hops()[0].saga, "engine::sagas::trip");
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    let stuck = error.hops()[0].run;
    scoop.admin().skip(stuck, "never mind").await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(error.hops().len(), 3);
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(world.log("t").last().unwrap(), "-a");
}

#[saga]
async fn endless(number: u32) -> Result<u32, Full> {
    let below = endless(number + 1).await?;
    Ok(below)
}

async fn a_saga_that_awaits_itself_without_end_fails(place: Place) {
    let store = place.open().await;
    let scoop = connecting(store)
        .provide(World::default())
        .depth_limit(5)
        .await
        .unwrap();
    let handle = scoop.start(endless(0)).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooDeep));
    assert_eq!(error.hops().len(), 6);
    let says = "would be awaited below 6 other runs, and the limit is 5";
    assert!(format!("{error:?}").contains(says), "{error:?}");
}

async fn the_runs_below_are_listed(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop
        .start(tour("l".into(), names(&["a", "full"])))
        .await
        .unwrap();
    soon(handle.wait()).await.unwrap_err();
    let below = children(&scoop, handle.id()).await;
    let [home, away] = &below[..] else {
        panic!("{below:?}")
    };
    assert_eq!((home.parent, home.depth), (Some(handle.id()), 1));
    assert_eq!(home.status, RunStatus::RolledBack);
    assert_eq!(away.input.json().unwrap(), r#"["l",["a","full"]]"#);
    // Whoever asks for a run below is told why that was undone.
    let found = scoop.handle(trip, home.id);
    let error = found.wait().await.unwrap_err();
    let says = "saga `engine::sagas::trip` was rolled back with the saga that awaited it";
    assert_eq!(
        (error.to_string().as_str(), error.kind()),
        (says, Some(FailureKind::Undone))
    );
}

#[saga]
async fn journeys(test: String, journeys: Vec<Vec<String>>) -> Result<(), Full> {
    for places in journeys {
        trip(test.clone(), places).await?;
    }
    Ok(())
}

#[saga]
async fn above_journeys(test: String, all: Vec<Vec<String>>) -> Result<(), Full> {
    journeys(test, all).await
}

async fn an_operator_is_told_which_run_below_is_stuck(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let admin = scoop.admin();
    let fails = [names(&["a", "sticky", "full"])].to_vec();
    let is_undone = [names(&["a", "sticky"]), names(&["full"])].to_vec();
    for (all, status) in [(fails, "running"), (is_undone, "rolling back")] {
        let call = above_journeys(status.to_owned(), all);
        let handle = scoop.start(call).await.unwrap();
        assert!(soon(handle.wait()).await.unwrap_err().is_stuck());
        let run = handle.id();
        let above = children(&scoop, run).await.remove(0).id;
        let mut below = children(&scoop, above).await;
        below.retain(|row| row.status == RunStatus::Stuck);
        let stuck = below.remove(0).id;
        let says = |run, status, verb| {
            format!(
                "run {run} is {status}, not stuck: there is nothing to {verb}; it waits for run {stuck} of \
                 `engine::sagas::trip`, which is stuck: {verb} that one"
            )
        };
        let refused = admin.retry(run).await.unwrap_err().to_string();
        assert_eq!(refused, says(run, "running", "retry"));
        let refused = admin.skip(above, "no").await.unwrap_err().to_string();
        assert_eq!(refused, says(above, status, "skip"));
        let awaits = admin.inspect(above).await.unwrap().awaits;
        let [awaited] = &*awaits else {
            panic!("{awaits:?}")
        };
        let is_told = matches!(awaited.until, Until::Run(run, RunStatus::Stuck) if run == stuck);
        assert!(is_told, "{awaited:?}");
        admin.skip(stuck, "never mind").await.unwrap();
        assert!(!soon(handle.wait()).await.unwrap_err().is_stuck());
    }
}
