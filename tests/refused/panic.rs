//! Panics: in a step, in a body, before the first await.

use scoop::Status::{RolledBack, Stuck};
use scoop::{FailureKind, Handle, Saga, SagaCall, Status};

use crate::sagas::{Mailer, fall_over, ring, send_twice};
use crate::support::{Place, connecting, kill, on_every_store};

on_every_store!(
    a_panic_before_the_first_await,
    a_panic_between_two_awaits,
    a_panic_of_a_step,
    a_panic_of_a_step_that_has_to_be_known
);

/// It failed with this report, which is the same after a restart; times and ids apart.
async fn fell_over<S: Saga<Ok: std::fmt::Debug>>(
    handle: &Handle<S>,
    status: &Status,
    says: &[&str],
) {
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Panic));
    assert_eq!(handle.status().await.unwrap(), *status);
    let report = format!("{error:?}");
    let plain = |line: &str| {
        let line = line.trim().replace(&handle.id().to_string(), "RUN");
        match line.split_once(", 2023") {
            Some((run, _)) => run.to_owned(),
            None => line,
        }
    };
    let lines: Vec<String> = report.lines().map(plain).collect();
    assert_eq!(lines, says);
}

async fn check<S: Saga<Ok: std::fmt::Debug>>(
    place: Place,
    call: impl Fn() -> SagaCall<S> + Copy,
    status: Status,
    says: &[&str],
) {
    let store = place.open().await;
    let scoop = connecting(store.clone()).provide(Mailer).await.unwrap();
    let handle = scoop.start(call()).id("one").await.unwrap();
    fell_over(&handle, &status, says).await;
    kill(scoop, &*store).await;
    let store = place.open().await;
    let scoop = connecting(store).provide(Mailer).await.unwrap();
    fell_over(&scoop.handle(call, handle.id()), &status, says).await;
}

async fn a_panic_before_the_first_await(place: Place) {
    let says = [
        "saga `refused::sagas::fall_over` failed",
        "error: panicked: before the first await",
        "where: its body failed at tests/refused/sagas.rs:47",
        "run RUN",
        "nothing had to be undone",
    ];
    check(place, || fall_over(true), RolledBack, &says).await;
}

async fn a_panic_between_two_awaits(place: Place) {
    let says = [
        "saga `refused::sagas::fall_over` failed and was rolled back",
        "error: panicked: between two awaits, after 5",
        "where: its body failed at tests/refused/sagas.rs:47",
        "run RUN",
        "undone, newest first:",
        "✓ `refused::sagas::send` (row 1) undone by `refused::sagas::take_back`",
    ];
    check(place, || fall_over(false), RolledBack, &says).await;
}

async fn a_panic_of_a_step(place: Place) {
    let says = [
        "saga `refused::sagas::ring` failed and was rolled back",
        "error: panicked: digits: ParseIntError { kind: InvalidDigit }",
        "where: `refused::sagas::dial` failed at tests/refused/sagas.rs:76",
        "await point `dial`, attempt 1",
        "run RUN",
        "in doubt: nobody knows whether `refused::sagas::dial` happened",
        "undone, newest first:",
        "✓ `refused::sagas::dial` (row 2) undone by `refused::sagas::hang_up`, told that it may have \
         happened",
        "✓ `refused::sagas::send` (row 1) undone by `refused::sagas::take_back`",
    ];
    check(place, || ring("!".to_owned()), RolledBack, &says).await;
}

/// Nobody knows whether the letter went out, and its rollback has to know: it is asked again until
/// somebody has to look at it.
async fn a_panic_of_a_step_that_has_to_be_known(place: Place) {
    let says = [
        "saga `refused::sagas::send_twice` failed and is stuck while it is rolled back",
        "error: panicked: ! is no letter",
        "where: `refused::sagas::send` failed at tests/refused/sagas.rs:59",
        "await point `send (2 of 2)`, attempt 1",
        "run RUN",
        "in doubt: nobody knows whether `refused::sagas::send` happened",
        "undone, newest first:",
        "✗ `refused::sagas::send` (row 2) NOT undone by `refused::sagas::take_back`, which failed 10 \
         times: panicked: ! is no letter",
        "anything done before that is not undone yet",
        "to go on: `retry`, `skip` or `resolve` run RUN with `scoop.admin()`",
    ];
    check(place, || send_twice("!".to_owned()), Stuck, &says).await;
}
