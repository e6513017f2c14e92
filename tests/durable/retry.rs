//! Attempts and the pauses between them go on where they were.

use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    attempts_and_pauses_go_on_after_a_restart,
    a_pause_that_ended_while_nobody_lived_is_over,
    attempts_at_a_rollback_go_on_after_a_restart
);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("nobody answers")]
struct NoAnswer;

fn note(case: &str, what: &str) {
    let attempt = scoop::context().unwrap().attempt();
    effect(case, &format!("{what} {attempt}"));
}

#[step(rollback = unask, retry(max = 4, backoff = "10s..30s"))]
async fn ask(case: &str) -> Result<(), NoAnswer> {
    note(case, "asks");
    Err(NoAnswer)
}

async fn unask(_: &str, (): ()) -> Result<(), NoAnswer> {
    unreachable!("it never succeeded")
}

#[step(rollback = withdraw, undo(retry(max = 4, backoff = "10s..30s")))]
async fn order(case: &str) -> Result<(), NoAnswer> {
    note(case, "orders");
    Ok(())
}

async fn withdraw(case: &str, (): ()) -> Result<(), NoAnswer> {
    note(case, "withdraws");
    Err(NoAnswer)
}

#[saga]
async fn enquiry(case: String) -> Result<(), NoAnswer> {
    ask(&case).await
}

#[saga]
async fn regret(case: String) -> Result<(), NoAnswer> {
    order(&case).await?;
    Err(NoAnswer)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Waits until this has happened, and when it did.
async fn happens(case: &str, line: &str, watch: &Watch) -> u64 {
    while journal::count(case, line) == 0 {
        assert!(watch.seconds() < 3_600, "it never does: {line}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    watch.seconds()
}

async fn attempts_and_pauses_go_on_after_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let mut process = Process::start(&place).await;
    let start = process.scoop.start(enquiry(case.clone())).id("one");
    let id = start.await.unwrap().id();
    assert_eq!(happens(&case, "asks 1", &watch).await, 0);
    // Pauses of 10, 20 and 30 seconds; each is cut in the middle by a restart.
    for (attempt, killed, restarted, at) in [(2, 3, 7, 10), (3, 15, 25, 30), (4, 31, 59, 60)] {
        watch.until(killed).await;
        process = process.restart(&watch, restarted).await;
        let happened = happens(&case, &format!("asks {attempt}"), &watch).await;
        assert_eq!(happened, at, "attempt {attempt}");
    }
    let handle = process.scoop.start(enquiry(case.clone())).id("one").await;
    let handle = handle.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!((handle.id(), error.hops()[0].attempt), (id, 4));
    let lines = journal::told(&journal::read(&case));
    assert_eq!(lines, ["1 asks 1", "1 asks 2", "1 asks 3", "1 asks 4"]);
}

async fn a_pause_that_ended_while_nobody_lived_is_over(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(enquiry(case.clone())).id("one");
    start.await.unwrap();
    happens(&case, "asks 1", &watch).await;
    watch.until(1).await;
    let _process = process.restart(&watch, 500).await;
    assert_eq!(happens(&case, "asks 2", &watch).await, 500);
    assert_eq!(happens(&case, "asks 3", &watch).await, 520);
}

async fn attempts_at_a_rollback_go_on_after_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let mut process = Process::start(&place).await;
    let start = process.scoop.start(regret(case.clone())).id("one");
    start.await.unwrap();
    assert_eq!(happens(&case, "withdraws 1", &watch).await, 0);
    for (attempt, killed, restarted, at) in [(2, 3, 7, 10), (3, 15, 25, 30), (4, 31, 59, 60)] {
        watch.until(killed).await;
        process = process.restart(&watch, restarted).await;
        let happened = happens(&case, &format!("withdraws {attempt}"), &watch).await;
        assert_eq!(happened, at, "attempt {attempt}");
    }
    let handle = process.scoop.start(regret(case.clone())).id("one").await;
    assert!(handle.unwrap().wait().await.unwrap_err().is_stuck());
    let lines = journal::told(&journal::read(&case));
    let withdraws = (1..=4).map(|attempt| format!("1:undo withdraws {attempt}"));
    let wanted: Vec<String> = ["1 orders 1".to_owned()]
        .into_iter()
        .chain(withdraws)
        .collect();
    assert_eq!(lines, wanted);
}
