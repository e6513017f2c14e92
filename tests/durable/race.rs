//! Operations against the clock, sagas against each other, and sagas that nobody waits for.

use std::time::Duration;

use scoop::{Elapsed, FailureKind, RunId, Status, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    who_is_in_time_is_not_cut_off,
    who_is_late_is_cancelled_and_undone,
    the_time_runs_on_while_nobody_does,
    a_step_under_way_is_awaited_and_what_it_returns_counts,
    an_error_in_time_is_an_error,
    the_first_saga_counts_and_the_others_are_undone,
    a_race_goes_on_after_a_crash,
    a_saga_that_was_done_though_another_was_faster_is_undone,
    a_saga_past_its_pivot_loses_and_stays,
    who_is_spawned_is_not_awaited_nor_undone,
    who_is_spawned_is_spawned_once,
);

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{0} failed")]
struct Failed(String);

#[step(rollback = unwork)]
async fn work(case: &str, name: &str, seconds: u64) -> Result<u64, Failed> {
    effect(case, &format!("begins {name}"));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, &format!("ends {name}"));
    if name.starts_with("fails") {
        return Err(Failed(name.to_owned()));
    }
    Ok(seconds)
}

async fn unwork(case: &str, name: &str, _: u64, done: u64) -> Result<(), Failed> {
    effect(case, &format!("undoes {name} {done}"));
    Ok(())
}

#[step(pivot)]
async fn commits(case: &str) {
    effect(case, "commits");
}

/// Works for a moment, rests, and works again.
#[saga]
async fn goes(case: String, name: String, rest: u64) -> Result<u64, Failed> {
    work(&case, &name, 0).await?;
    scoop::sleep(Duration::from_secs(rest)).await;
    work(&case, &format!("{name} again"), 0).await?;
    Ok(rest)
}

#[saga]
async fn hurries(case: String, name: String, rest: u64) -> Result<u64, Failed> {
    let limit = Duration::from_secs(20);
    match scoop::timeout(limit, goes(case.clone(), name, rest)).await {
        Ok(done) => done,
        Err(Elapsed { .. }) => {
            effect_of_body(&case);
            Ok(0)
        }
    }
}

fn effect_of_body(case: &str) {
    journal::body(case, "was late");
}

#[saga]
async fn hurries_a_step(case: String, name: String) -> Result<u64, Failed> {
    let limit = Duration::from_secs(2);
    scoop::timeout(limit, work(&case, &name, 5))
        .await
        .unwrap_or(Ok(0))
}

#[saga]
async fn fastest(case: String, one: u64, other: u64, last: u64) -> Result<u64, Failed> {
    let first = scoop::race!(
        goes(case.clone(), "one".to_owned(), one),
        goes(case.clone(), "other".to_owned(), other),
    )?;
    work(&case, "last", last).await?;
    Ok(first)
}

/// It does not hear that it lost before it is done.
#[saga]
async fn deaf(case: String) -> Result<u64, Failed> {
    work(&case, "deaf", 7).await
}

#[saga]
async fn against_the_deaf(case: String) -> Result<u64, Failed> {
    scoop::race!(deaf(case.clone()), goes(case.clone(), "one".to_owned(), 3))
}

#[saga]
async fn announces(case: String) -> Result<u64, Failed> {
    commits(&case).await;
    scoop::sleep(Duration::from_secs(9)).await;
    Ok(9)
}

#[saga]
async fn against_a_pivot(case: String) -> Result<u64, Failed> {
    scoop::race!(
        announces(case.clone()),
        goes(case.clone(), "one".to_owned(), 3)
    )
}

#[saga]
async fn spawns(case: String, fails: bool) -> Result<RunId, Failed> {
    let spawned = scoop::spawn(goes(case.clone(), "spawned".to_owned(), 50)).await;
    let name = if fails { "fails" } else { "works" };
    work(&case, name, 1).await?;
    Ok(spawned)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn is_there(case: &str, what: &str) -> bool {
    journal::count(case, what) == 1
}

async fn who_is_in_time_is_not_cut_off(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(hurries(case.clone(), "a".into(), 15))
        .await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 15);
    assert_eq!(watch.seconds(), 15);
}

async fn who_is_late_is_cancelled_and_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(hurries(case.clone(), "a".into(), 9_000))
        .await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 0);
    assert_eq!(watch.seconds(), 20);
    assert!(is_there(&case, "undoes a 0") && is_there(&case, "was late"));
}

async fn the_time_runs_on_while_nobody_does(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(hurries(case.clone(), "a".into(), 40))
        .await;
    let id = handle.unwrap().id();
    watch.until(5).await;
    let process = process.restart(&watch, 30).await;
    assert_eq!(process.scoop.handle(hurries, id).wait().await.unwrap(), 0);
    assert_eq!(watch.seconds(), 30);
    assert!(is_there(&case, "undoes a 0"));
}

async fn a_step_under_way_is_awaited_and_what_it_returns_counts(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(hurries_a_step(case.clone(), "a".into()))
        .await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), 5);
    assert_eq!(watch.seconds(), 5);
}

async fn an_error_in_time_is_an_error(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(hurries(case.clone(), "fails".into(), 1))
        .await;
    let error = handle.unwrap().wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
}

async fn the_first_saga_counts_and_the_others_are_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(fastest(case.clone(), 9_000, 5, 1))
        .await
        .unwrap();
    assert_eq!(handle.wait().await.unwrap(), 5);
    assert_eq!(watch.seconds(), 6);
    assert!(is_there(&case, "undoes one 0"));
    assert_eq!(journal::count(&case, "undoes other 0"), 0);
}

async fn a_race_goes_on_after_a_crash(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(fastest(case.clone(), 9_000, 50, 1))
        .await;
    let id = handle.unwrap().id();
    watch.until(20).await;
    let process = process.restart(&watch, 30).await;
    assert_eq!(process.scoop.handle(fastest, id).wait().await.unwrap(), 50);
    assert!(watch.seconds().abs_diff(51) <= 2, "{}", watch.seconds());
    assert!(is_there(&case, "undoes one 0") && is_there(&case, "begins last"));
}

async fn a_saga_that_was_done_though_another_was_faster_is_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(against_the_deaf(case.clone()))
        .await
        .unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
    assert_eq!(watch.seconds(), 7);
    assert!(
        is_there(&case, "undoes deaf 7"),
        "{:?}",
        journal::read(&case)
    );
}

async fn a_saga_past_its_pivot_loses_and_stays(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(against_a_pivot(case.clone()))
        .await
        .unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
    assert_eq!(watch.seconds(), 9);
    assert!(is_there(&case, "commits"));
}

async fn who_is_spawned_is_not_awaited_nor_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(spawns(case.clone(), false))
        .await
        .unwrap();
    let spawned = handle.wait().await.unwrap();
    assert_eq!(watch.seconds(), 1);
    let handle = process
        .scoop
        .start(spawns(case.clone(), true))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Error));
    assert_eq!(error.compensations().len(), 0, "{error:?}");
    let spawned = process.scoop.handle(goes, spawned);
    assert_eq!(spawned.wait().await.unwrap(), 50);
    assert_eq!(spawned.status().await.unwrap(), Status::Completed);
    assert_eq!(watch.seconds(), 50);
}

async fn who_is_spawned_is_spawned_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let id = process
        .scoop
        .start(spawns(case.clone(), false))
        .await
        .unwrap()
        .id();
    watch.until(0).await;
    let process = process.restart(&watch, 3).await;
    let spawned = process.scoop.handle(spawns, id).wait().await.unwrap();
    assert_eq!(
        process.scoop.handle(goes, spawned).wait().await.unwrap(),
        50
    );
    assert_eq!(journal::count(&case, "begins spawned again"), 1);
}
