//! A worker that is shut down finishes what is under way, writes it down, and begins nothing more.

use std::sync::Arc;
use std::time::Duration;

use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, connect, on_every_store};

on_every_store!(
    a_step_under_way_is_finished_and_the_next_is_not_begun,
    a_step_that_takes_too_long_is_begun_again,
    nobody_waits_for_a_run_that_waits,
    what_is_started_meanwhile_is_stored,
    a_rollback_under_way_is_finished_and_the_next_is_not_begun,
    sagas_below_are_left_with_those_above
);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(rollback = unmove)]
async fn moves(case: &str, number: u32) -> Result<u32, No> {
    effect(case, &format!("begins {number}"));
    tokio::time::sleep(Duration::from_secs(5)).await;
    effect(case, &format!("ends {number}"));
    Ok(number)
}

async fn unmove(case: &str, number: u32, _: u32) -> Result<(), No> {
    effect(case, &format!("begins -{number}"));
    tokio::time::sleep(Duration::from_secs(5)).await;
    effect(case, &format!("ends -{number}"));
    Ok(())
}

#[saga]
async fn removal(case: String, fails: bool) -> Result<u32, No> {
    let one = moves(&case, 1).await?;
    let two = moves(&case, 2).await?;
    if fails {
        return Err(No);
    }
    Ok(one + two)
}

#[saga]
async fn removals(case: String) -> u32 {
    removal(case, false).await.unwrap_or_default()
}

#[saga]
async fn short_nap() -> u32 {
    scoop::sleep(Duration::from_secs(9)).await;
    9
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn told(case: &str) -> Vec<String> {
    let lines = journal::told(&journal::read(case)).into_iter();
    let what = |line: String| line.split_once(' ').unwrap().1.to_owned();
    lines.map(what).collect()
}

async fn a_step_under_way_is_finished_and_the_next_is_not_begun(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(removal(case.clone(), false)).await;
    let id = handle.unwrap().id();
    watch.until(2).await;
    process.scoop.shutdown().await;
    assert_eq!(watch.seconds(), 5, "no longer than the step takes");
    assert_eq!(told(&case), ["begins 1", "ends 1"]);
    drop(process);
    let process = Process::start(&place).await;
    let handle = process.scoop.handle(removal, id);
    assert_eq!(handle.wait().await.unwrap(), 3);
    assert_eq!(told(&case), ["begins 1", "ends 1", "begins 2", "ends 2"]);
}

async fn a_step_that_takes_too_long_is_begun_again(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(removal(case.clone(), false)).await;
    let id = handle.unwrap().id();
    watch.until(1).await;
    process.scoop.shutdown_within(Duration::from_secs(3)).await;
    assert_eq!(watch.seconds(), 4);
    drop(process);
    let process = Process::start(&place).await;
    let handle = process.scoop.handle(removal, id);
    assert_eq!(handle.wait().await.unwrap(), 3);
    let lines = told(&case);
    assert_eq!(lines[..3], ["begins 1", "begins 1", "ends 1"]);
}

async fn nobody_waits_for_a_run_that_waits(place: Place) {
    let watch = Watch::start();
    let process = Process::start(&place).await;
    let id = process.scoop.start(short_nap()).await.unwrap().id();
    watch.until(2).await;
    process.scoop.shutdown().await;
    assert_eq!(watch.seconds(), 2);
    drop(process);
    let process = Process::start(&place).await;
    let handle = process.scoop.handle(short_nap, id);
    assert_eq!(handle.wait().await.unwrap(), 9);
    assert_eq!(watch.seconds(), 9);
}

/// By a step that is under way, say: it is not to fail.
async fn what_is_started_meanwhile_is_stored(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(removal(case.clone(), false));
    start.await.unwrap();
    let later = async {
        watch.until(2).await;
        let start = process.scoop.start(removal(case.clone(), false));
        start.id("other").await.unwrap();
    };
    tokio::join!(process.scoop.shutdown(), later);
    assert_eq!(watch.seconds(), 5);
    assert_eq!(told(&case), ["begins 1", "ends 1"]);
    let refused = process.scoop.start(removal(case.clone(), false)).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("starts nothing any more"), "{refused}");
    drop(process);
    let process = Process::start(&place).await;
    let other = process.scoop.find(removal, "other").await.unwrap();
    assert_eq!(other.unwrap().wait().await.unwrap(), 3);
}

async fn a_rollback_under_way_is_finished_and_the_next_is_not_begun(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(removal(case.clone(), true)).await;
    let id = handle.unwrap().id();
    watch.until(12).await;
    process.scoop.shutdown().await;
    assert_eq!(watch.seconds(), 15);
    assert_eq!(told(&case)[4..], ["begins -2", "ends -2"]);
    drop(process);
    let process = Process::start(&place).await;
    let error = process.scoop.handle(removal, id).wait().await.unwrap_err();
    assert_eq!(error.compensations().len(), 2, "{error:?}");
    let lines = told(&case);
    assert_eq!(lines[4..], ["begins -2", "ends -2", "begins -1", "ends -1"]);
}

async fn sagas_below_are_left_with_those_above(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = place.open().await;
    let scoop = connect(Arc::clone(&store)).await;
    let id = scoop.start(removals(case.clone())).await.unwrap().id();
    watch.until(2).await;
    scoop.shutdown().await;
    assert_eq!(watch.seconds(), 5);
    drop((scoop, store));
    let process = Process::start(&place).await;
    assert_eq!(process.scoop.handle(removals, id).wait().await.unwrap(), 3);
    assert_eq!(told(&case), ["begins 1", "ends 1", "begins 2", "ends 2"]);
}
