//! What is larger than the limit.

use scoop::{FailureKind, Handle, RunFilter, Saga, Scoop, Status};

use crate::sagas::{Mailer, greet, keep_letter, send_letter};
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    a_local_over_the_limit_is_named,
    an_argument_over_the_limit_is_named,
    an_input_over_the_limit_starts_nothing,
    at_the_limit_all_is_well
);

async fn limited(place: &Place) -> Scoop {
    let connect = connecting(place.open().await).provide(Mailer);
    connect.payload_limit(1_000).await.unwrap()
}

/// It failed with this message, and what it had done is undone.
async fn too_large<S: Saga<Ok: std::fmt::Debug>>(handle: &Handle<S>, says: &str) {
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooLarge));
    let report = format!("{error:?}");
    assert_eq!(
        report.lines().nth(1).unwrap().trim(),
        format!("error: {says}")
    );
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(error.compensations().len(), 1, "{report}");
}

async fn a_local_over_the_limit_is_named(place: Place) {
    let scoop = limited(&place).await;
    let handle = scoop.start(keep_letter(5_000)).await.unwrap();
    let says = "5013 bytes would be stored at `send:sent`, more than the limit of 1000; the largest \
                part is the local `novel` with 5002";
    too_large(&handle, says).await;
    // Nobody else is touched.
    let handle = scoop.start(keep_letter(500)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 505);
}

async fn an_argument_over_the_limit_is_named(place: Place) {
    let scoop = limited(&place).await;
    let handle = scoop.start(send_letter(5_000)).await.unwrap();
    let says = "5006 bytes would be stored at `send (2 of 2)`, more than the limit of 1000; the \
                largest part is the arguments with 5006";
    too_large(&handle, says).await;
}

async fn an_input_over_the_limit_starts_nothing(place: Place) {
    let scoop = limited(&place).await;
    let started = scoop.start(greet("x".repeat(5_000))).id("one").await;
    let says = "the arguments of saga `refused::sagas::greet` take 5006 bytes, more than the limit \
                of 1000";
    assert_eq!(started.unwrap_err().to_string(), says);
    let all = scoop.admin().list(&RunFilter::default()).await.unwrap();
    assert_eq!(all, []);
}

async fn at_the_limit_all_is_well(place: Place) {
    let scoop = limited(&place).await;
    let handle = scoop.start(greet("x".repeat(900))).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 900);
}
