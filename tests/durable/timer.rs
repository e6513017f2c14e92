//! Sleeps, and starts at a later time.

use std::time::{Duration, SystemTime};

use scoop::saga;
use scoop_runtime::environment::Environment as _;

use crate::journal::{self, body};
use crate::lives::{Process, Watch};
use crate::support::clock::Clock;
use crate::support::{Place, on_every_store};

on_every_store!(
    a_sleep_ends_when_it_would_have_without_a_restart,
    a_sleep_that_ended_while_nobody_lived_is_over,
    a_later_start_begins_when_it_would_have_without_a_restart,
    a_later_start_that_was_missed_begins_at_once,
    a_start_in_the_past_begins_at_once,
    a_later_start_is_one_run
);

#[saga]
async fn naps(case: String) -> u32 {
    body(&case, "naps");
    scoop::sleep(Duration::from_secs(60)).await;
    body(&case, "wakes");
    7
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn a_sleep_ends_when_it_would_have_without_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(naps(case.clone())).id("one");
    start.await.unwrap();
    watch.until(20).await;
    let process = process.restart(&watch, 30).await.restart(&watch, 59).await;
    assert_eq!(journal::read(&case), ["body naps"]);
    let handle = process.scoop.start(naps(case.clone())).id("one").await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 60);
    assert_eq!(journal::read(&case), ["body naps", "body wakes"]);
}

async fn a_sleep_that_ended_while_nobody_lived_is_over(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(naps(case.clone())).id("one");
    start.await.unwrap();
    let process = process.restart(&watch, 500).await;
    let handle = process.scoop.start(naps(case.clone())).id("one").await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 500);
}

async fn a_later_start_begins_when_it_would_have_without_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(naps(case.clone())).id("one");
    let start = start.after(Duration::from_secs(100));
    start.await.unwrap();
    watch.until(50).await;
    let process = process.restart(&watch, 99).await;
    assert_eq!(journal::read(&case), [""; 0], "its body has not run");
    let handle = process.scoop.start(naps(case.clone())).id("one").await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 160);
    assert_eq!(journal::read(&case), ["body naps", "body wakes"]);
}

async fn a_later_start_that_was_missed_begins_at_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(naps(case.clone())).id("one");
    let start = start.after(Duration::from_secs(100));
    start.await.unwrap();
    let process = process.restart(&watch, 300).await;
    let handle = process.scoop.start(naps(case.clone())).id("one").await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 360);
}

async fn a_start_in_the_past_begins_at_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let past = SystemTime::from(Clock.now()) - Duration::from_secs(1_000);
    let start = process.scoop.start(naps(case.clone())).at(past);
    assert_eq!(start.await.unwrap().wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 60);
}

/// The first start's time stands.
async fn a_later_start_is_one_run(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = |seconds| {
        let start = process.scoop.start(naps(case.clone())).id("one");
        start.after(Duration::from_secs(seconds)).into_future()
    };
    let (first, second) = (start(100).await.unwrap(), start(1).await.unwrap());
    assert_eq!(first.id(), second.id());
    assert_eq!(second.wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 160);
    assert_eq!(journal::read(&case), ["body naps", "body wakes"]);
}
