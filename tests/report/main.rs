//! What `{:?}` of a `SagaError` prints, whole: a report for people.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use scoop::testing::{FaultStore, MemoryStore};
use scoop::{SagaError, Scoop};

#[path = "../support/told.rs"]
mod told;
mod trips;
use told::told;
use trips::{Newer, of_a_newer_build, paid, ride, second_choice, stroll, trip};

async fn connect() -> Scoop {
    Scoop::connect("memory:").await.unwrap()
}

fn places(places: &[&str]) -> Vec<String> {
    places.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check<E>(error: &SagaError<E>, expect: &str) {
    assert_eq!(told(format!("{error:?}")).trim(), expect.trim());
}

macro_rules! failed {
    ($scoop:expr, $call:expr) => {
        $scoop.start($call).await.unwrap().wait().await.unwrap_err()
    };
}

#[tokio::test]
async fn failed_and_undone() {
    let scoop = connect().await;
    let error = failed!(scoop, trip(places(&["flight", "hotel", "boat"])));
    check(
        &error,
        r#"
saga `report::trips::trip` failed and was rolled back
  error: boat is sold out
    because: 503 Service Unavailable
  where: `report::trips::book` failed at tests/report/trips.rs:LINE
    await point `book`, attempt 1
    run RUN, TIME
  undone, newest first:
    ✓ `report::trips::book` (row 2) undone by `report::trips::cancel`
    ✓ `report::trips::book` (row 1) undone by `report::trips::cancel`
"#,
    );
}

#[tokio::test]
async fn failed_with_nothing_to_undo() {
    let scoop = connect().await;
    let error = failed!(scoop, trip(places(&["boat"])));
    check(
        &error,
        r#"
saga `report::trips::trip` failed
  error: boat is sold out
    because: 503 Service Unavailable
  where: `report::trips::book` failed at tests/report/trips.rs:LINE
    await point `book`, attempt 1
    run RUN, TIME
  nothing had to be undone
"#,
    );
}

#[tokio::test(start_paused = true)]
async fn stuck() {
    let scoop = connect().await;
    let error = failed!(scoop, trip(places(&["flight", "sauna", "hotel", "boat"])));
    check(
        &error,
        r#"
saga `report::trips::trip` failed and is stuck while it is rolled back
  error: boat is sold out
    because: 503 Service Unavailable
  where: `report::trips::book` failed at tests/report/trips.rs:LINE
    await point `book`, attempt 1
    run RUN, TIME
  undone, newest first:
    ✓ `report::trips::book` (row 3) undone by `report::trips::cancel`
    ✗ `report::trips::book` (row 2) NOT undone by `report::trips::cancel`, which failed 10 times: the desk is sold out: nobody there
  anything done before that is not undone yet
  to go on: `retry`, `skip` or `resolve` run RUN with `scoop.admin()`
"#,
    );
}

#[tokio::test(start_paused = true)]
async fn skipped_by_an_operator() {
    let scoop = connect().await;
    let start = scoop.start(trip(places(&["flight", "sauna", "boat"])));
    let handle = start.await.unwrap();
    handle.wait().await.unwrap_err();
    let admin = scoop.admin();
    admin.skip(handle.id(), "it burnt down").await.unwrap();
    check(
        &handle.wait().await.unwrap_err(),
        r#"
saga `report::trips::trip` failed and was rolled back
  error: boat is sold out
    because: 503 Service Unavailable
  where: `report::trips::book` failed at tests/report/trips.rs:LINE
    await point `book`, attempt 1
    run RUN, TIME
  undone, newest first:
    - `report::trips::book` (row 2) NOT undone by `report::trips::cancel`, skipped: it burnt down
    ✓ `report::trips::book` (row 1) undone by `report::trips::cancel`
"#,
    );
}

#[tokio::test]
async fn stuck_past_the_pivot() {
    let scoop = connect().await;
    let error = failed!(scoop, paid());
    assert!(error.is_stuck());
    check(
        &error,
        r#"
saga `report::trips::paid` failed past its pivot and is stuck
  error: boat is sold out
    because: 503 Service Unavailable
  where: `report::trips::book` failed at tests/report/trips.rs:LINE
    await point `book (2 of 2)`, attempt 1
    run RUN, TIME
  nothing was undone: what it left has to be finished by hand
  then `resolve` run RUN with `scoop.admin()`
"#,
    );
}

#[tokio::test]
async fn a_panic_in_a_step() {
    let scoop = connect().await;
    let error = failed!(scoop, ride("crashing".to_owned()));
    check(
        &error,
        r#"
saga `report::trips::ride` failed and was rolled back
  error: panicked: no brakes
  where: `report::trips::taxi` failed at tests/report/trips.rs:LINE
    await point `taxi`, attempt 1
    run RUN, TIME
  in doubt: nobody knows whether `report::trips::taxi` happened
  undone, newest first:
    ✓ `report::trips::taxi` (row 2) undone by `report::trips::perhaps_cancel`, told that it may have happened
    ✓ `report::trips::book` (row 1) undone by `report::trips::cancel`
"#,
    );
}

#[tokio::test]
async fn a_panic_in_the_body() {
    let scoop = connect().await;
    let error = failed!(scoop, stroll("blindly".to_owned()));
    check(
        &error,
        r#"
saga `report::trips::stroll` failed and was rolled back
  error: panicked: assertion `left != right` failed: no way
        left: "blindly"
       right: "blindly"
  where: its body, which begins at tests/report/trips.rs:LINE, failed
    run RUN, TIME
  undone, newest first:
    ✓ `report::trips::book` (row 1) undone by `report::trips::cancel`
"#,
    );
}

#[tokio::test(start_paused = true)]
async fn in_doubt() {
    let scoop = connect().await;
    let error = failed!(scoop, ride("for ever".to_owned()));
    check(
        &error,
        r#"
saga `report::trips::ride` failed and was rolled back
  error: `report::trips::taxi` took longer than 1s
  where: `report::trips::taxi` failed at tests/report/trips.rs:LINE
    await point `taxi`, attempt 1
    run RUN, TIME
  in doubt: nobody knows whether `report::trips::taxi` happened
  undone, newest first:
    ✓ `report::trips::taxi` (row 2) undone by `report::trips::perhaps_cancel`, told that it may have happened
    ✓ `report::trips::book` (row 1) undone by `report::trips::cancel`
"#,
    );
}

#[tokio::test]
async fn preceded_by_others() {
    let scoop = connect().await;
    let error = failed!(scoop, second_choice());
    check(
        &error,
        r#"
saga `report::trips::second_choice` failed and was rolled back
  error: no trip this year
  caused by: Lisbon is sold out
    because: rain
  where: `report::trips::weather` failed at tests/report/trips.rs:LINE
    await point `weather`, attempt 3
    run RUN, TIME
  preceded by: `report::trips::taxi` failed at tests/report/trips.rs:LINE
    error: panicked: no brakes
  preceded by: `report::trips::book` failed at tests/report/trips.rs:LINE
    error: boat is sold out
    because: 503 Service Unavailable
  undone, newest first:
    ✓ `report::trips::taxi` (row 1) undone by `report::trips::perhaps_cancel`, told that it may have happened
"#,
    );
}

#[tokio::test(start_paused = true)]
async fn the_store_is_away() {
    let faults = FaultStore::new(Arc::new(MemoryStore::new()));
    // A worker hears of its own runs without asking; a client has to ask.
    let scoop = Scoop::connect("memory:").store(faults.clone());
    let scoop = scoop.worker(false).await.unwrap();
    let handle = scoop.start(trip(places(&["flight"]))).await.unwrap();
    faults.away_for_reads(1_000);
    check(
        &handle.wait().await.unwrap_err(),
        r#"
the store is not available: away on purpose
  this is trouble with the store or the runtime, not a failure of the saga
"#,
    );
}

#[tokio::test]
async fn parked() {
    let store = Arc::new(MemoryStore::new());
    let on = |works| Scoop::connect("memory:").store(store.clone()).worker(works);
    let client = on(false).name("client").await.unwrap();
    let start = client.start(of_a_newer_build(Newer)).id("one");
    start.await.unwrap();
    let scoop = on(true).await.unwrap();
    let start = scoop.start(of_a_newer_build(Newer)).id("one");
    check(
        &start.await.unwrap().wait().await.unwrap_err(),
        r#"
run RUN is parked: the saga's input cannot be decoded: made by a newer build; nothing is lost, a build that can continue it will
  this is trouble with the store or the runtime, not a failure of the saga
"#,
    );
}

#[tokio::test]
async fn no_runtime() {
    let error = trip(places(&["flight"])).await.unwrap_err();
    check(
        &error,
        r#"
no scoop runtime here: call `Scoop::connect("sqlite:..").await?.install()?` once at start-up, or run this inside `scoop.scope(..)`
  this is trouble with the store or the runtime, not a failure of the saga
"#,
    );
}
