//! Runs that wait in the store, and are cancelled there, or late.

use std::time::Duration;

use scoop::{FailureKind, saga, step};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

const DAY: u64 = 86_400;

on_every_store!(
    who_is_cancelled_in_the_store_ends_at_once,
    a_later_start_that_is_cancelled_in_the_store_begins_nothing,
    a_deadline_ends_what_waits_in_the_store,
    past_its_pivot_a_run_waits_on_in_the_store,
);

#[step(pivot)]
async fn announce(case: &str) {
    effect(case, "announces");
}

#[saga]
async fn rests(case: String) {
    scoop::sleep(Duration::from_secs(DAY)).await;
    effect(&case, "rested");
}

#[saga(deadline = "2h")]
async fn must_hurry(case: String) {
    scoop::sleep(Duration::from_secs(DAY)).await;
    effect(&case, "rested");
}

#[saga]
async fn announced(case: String) -> u32 {
    announce(&case).await;
    scoop::sleep(Duration::from_secs(DAY)).await;
    scoop::sleep(Duration::from_secs(DAY)).await;
    2
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn who_is_cancelled_in_the_store_ends_at_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(rests(case.clone())).await.unwrap();
    watch.until(3_600).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(error.hops()[0].operation.as_deref(), Some("scoop::sleep"));
    assert_eq!(watch.seconds(), 3_600);
    assert_eq!(journal::read(&case).len(), 0);
}

async fn a_later_start_that_is_cancelled_in_the_store_begins_nothing(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(announced(case.clone()));
    let handle = start.after(Duration::from_secs(DAY)).await.unwrap();
    watch.until(3_600).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(watch.seconds(), 3_600);
    assert_eq!(journal::read(&case).len(), 0);
}

async fn a_deadline_ends_what_waits_in_the_store(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(must_hurry(case.clone())).await.unwrap();
    watch.until(3_600).await;
    let row = process.scoop.admin().show(handle.id()).await.unwrap().0;
    assert_eq!(row.owner, None);
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert_eq!(watch.seconds(), 7_200);
    assert_eq!(journal::read(&case).len(), 0);
}

async fn past_its_pivot_a_run_waits_on_in_the_store(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(announced(case.clone())).await.unwrap();
    watch.until(3_600).await;
    handle.cancel().await.unwrap();
    for hours in [2, 25] {
        watch.until(hours * 3_600).await;
        let row = process.scoop.admin().show(handle.id()).await.unwrap().0;
        assert_eq!((row.owner, row.cancel.is_some()), (None, true));
    }
    assert_eq!(handle.wait().await.unwrap(), 2);
    assert_eq!(watch.seconds(), 2 * DAY);
    assert_eq!(journal::count(&case, "announces"), 1);
}
