//! Attempts that say before when another one makes no sense.

use std::time::Duration;

use scoop::{FailureKind, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    the_next_attempt_begins_when_it_may,
    what_was_asked_for_survives_a_restart,
    a_rollback_may_ask_too,
    a_pause_that_was_asked_for_can_be_cancelled,
    one_beside_others_waits_as_long,
    the_last_attempt_waits_for_nothing
);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("too many requests")]
struct TooMany;

/// As many seconds as this attempt says, from several places at once.
fn ask(seconds: &[u64]) {
    let attempt = usize::try_from(scoop::context().unwrap().attempt()).unwrap();
    let Some(seconds) = seconds.get(attempt - 1) else {
        return;
    };
    scoop::retry_after(Duration::from_secs(*seconds));
    let context = scoop::context().unwrap();
    context.retry_after(Duration::from_secs(seconds / 2));
}

#[step(rollback = unorder, retry(max = 4, backoff = "8s..8s"))]
async fn order(case: &str, after: &[u64]) -> Result<u32, TooMany> {
    effect(case, "orders");
    ask(after);
    match scoop::context().unwrap().attempt() {
        4 => Ok(4),
        _ => Err(TooMany),
    }
}

async fn unorder(case: &str, _: &[u64], _: u32) -> Result<(), TooMany> {
    effect(case, "unorders");
    Ok(())
}

#[step(rollback = unrent, undo(retry(max = 3, backoff = "8s..8s")))]
async fn rent(case: &str, after: &[u64]) -> Result<(), TooMany> {
    effect(case, &format!("rents, {after:?}"));
    Ok(())
}

async fn unrent(case: &str, after: &[u64]) -> Result<(), TooMany> {
    effect(case, "unrents");
    ask(after);
    match scoop::context().unwrap().attempt() {
        3 => Ok(()),
        _ => Err(TooMany),
    }
}

#[saga]
async fn orders(case: String, after: Vec<u64>) -> Result<u32, TooMany> {
    order(&case, &after).await
}

#[saga]
async fn orders_two(case: String, after: Vec<u64>) -> Result<u32, TooMany> {
    let (one, other) = scoop::join!(order(&case, &after), order(&case, &[]));
    Ok(one? + other?)
}

#[saga]
async fn rents(case: String, after: Vec<u64>) -> Result<(), TooMany> {
    rent(&case, &after).await?;
    Err(TooMany)
}

#[step(rollback = unorder)]
async fn order_once(case: &str, after: &[u64]) -> Result<u32, TooMany> {
    effect(case, "orders once");
    ask(after);
    Err(TooMany)
}

#[saga]
async fn orders_once(case: String, after: Vec<u64>) -> Result<u32, TooMany> {
    order_once(&case, &after).await
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Not sooner than it was asked for, and not sooner than the policy says.
async fn the_next_attempt_begins_when_it_may(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = orders(case.clone(), vec![9, 2, 7_200]);
    let handle = process.scoop.start(call).await.unwrap();
    watch.until(600).await;
    assert_eq!(journal::read(&case).len(), 3);
    let row = process.scoop.admin().show(handle.id()).await.unwrap().0;
    assert_eq!(row.owner, None, "it waits in the store");
    assert_eq!(handle.wait().await.unwrap(), 4);
    assert_eq!(watch.seconds(), 9 + 8 + 7_200);
}

async fn what_was_asked_for_survives_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = orders(case.clone(), vec![3_600, 9, 0]);
    let id = process.scoop.start(call).await.unwrap().id();
    watch.until(5).await;
    let process = process.restart(&watch, 1_000).await;
    watch.until(3_595).await;
    assert_eq!(journal::read(&case).len(), 1);
    watch.until(3_604).await;
    assert_eq!(journal::read(&case).len(), 2);
    let process = process.restart(&watch, 3_605).await;
    let handle = process.scoop.handle(orders, id);
    assert_eq!(handle.wait().await.unwrap(), 4);
    assert_eq!(watch.seconds(), 3_600 + 9 + 8);
}

async fn a_rollback_may_ask_too(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = rents(case.clone(), vec![3_600, 1]);
    let id = process.scoop.start(call).await.unwrap().id();
    watch.until(600).await;
    let row = process.scoop.admin().show(id).await.unwrap().0;
    assert_eq!(row.owner, None, "it waits in the store");
    let process = process.restart(&watch, 700).await;
    let error = process.scoop.handle(rents, id).wait().await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(watch.seconds(), 3_600 + 8);
    assert_eq!(journal::count(&case, "unrents"), 3);
}

async fn a_pause_that_was_asked_for_can_be_cancelled(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = orders(case.clone(), vec![1_000_000_000]);
    let handle = process.scoop.start(call).await.unwrap();
    watch.until(600).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() < 700, "{}", watch.seconds());
    assert_eq!(journal::read(&case).len(), 1);
}

async fn one_beside_others_waits_as_long(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = orders_two(case.clone(), vec![3_600, 0, 0]);
    let handle = process.scoop.start(call).await.unwrap();
    watch.until(600).await;
    assert_eq!(journal::read(&case).len(), 5);
    assert_eq!(handle.wait().await.unwrap(), 8);
    assert_eq!(watch.seconds(), 3_600 + 8 + 8);
}

async fn the_last_attempt_waits_for_nothing(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = orders_once(case.clone(), vec![3_600]);
    let error = process.scoop.start(call).await.unwrap().wait().await;
    assert_eq!(error.unwrap_err().error().map(|_| ()), Some(()));
    assert_eq!(watch.seconds(), 0);
    // Outside of a step nobody listens.
    scoop::retry_after(Duration::from_secs(1));
}
