//! What is stuck because nobody knows whether it happened, and what an operator says of it.

use std::time::Duration;

use scoop::{CompensationResult, SagaError, Status, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_step_in_doubt_is_skipped,
    a_step_in_doubt_is_tried_again_and_resolved,
    a_step_in_doubt_in_a_block_that_lost_is_skipped,
);

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(rollback = unpick)]
async fn pick(case: &str, name: &str) -> Result<(), No> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    effect(case, &format!("picks {name}"));
    Ok(())
}

async fn unpick(case: &str, name: &str, (): ()) -> Result<(), No> {
    effect(case, &format!("undoes {name}"));
    Ok(())
}

/// Nobody ever knows.
#[step(rollback = unlight, retry(max = 1))]
async fn light(case: &str) -> Result<u32, No> {
    effect(case, "lights");
    panic!("boom")
}

async fn unlight(_: &str, _: u32) -> Result<(), No> {
    unreachable!("nobody knows")
}

#[saga]
async fn lights(case: String) -> Result<(), No> {
    pick(&case, "first").await?;
    scoop::try_join!(async { light(&case).await.map(drop) }, pick(&case, "last"))?;
    Ok(())
}

#[saga]
async fn races(case: String) -> Result<u32, No> {
    scoop::race!(
        async {
            pick(&case, "a").await?;
            drop(scoop::caught(light(&case)).await);
            pick(&case, "b").await?;
            scoop::sleep(Duration::from_secs(9_000)).await;
            Ok(0)
        },
        async {
            scoop::sleep(Duration::from_secs(5)).await;
            Ok::<_, No>(1)
        },
    )
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn results(error: &SagaError<No>) -> Vec<(&str, &'static str)> {
    let all = error.compensations().iter();
    all.map(|compensation| {
        let result = match compensation.result {
            CompensationResult::Undone { .. } => "undone",
            CompensationResult::Failed { .. } => "failed",
            CompensationResult::Skipped { .. } => "skipped",
            CompensationResult::Resolved { .. } => "resolved",
        };
        let name = compensation.rollback.rsplit("::").next();
        (name.unwrap_or_default(), result)
    })
    .collect()
}

fn undone(case: &str) -> [usize; 3] {
    ["last", "first", "b"].map(|name| journal::count(case, &format!("undoes {name}")))
}

async fn a_step_in_doubt_is_skipped(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(lights(case.clone())).await.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(
        results(&stuck),
        [("unpick", "undone"), ("unlight", "failed")]
    );
    let admin = process.scoop.admin();
    admin.skip(handle.id(), "it is dark").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    let wanted = [
        ("unpick", "undone"),
        ("unlight", "skipped"),
        ("unpick", "undone"),
    ];
    assert_eq!(results(&error), wanted);
    assert_eq!(undone(&case), [1, 1, 0]);
}

async fn a_step_in_doubt_is_tried_again_and_resolved(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(lights(case.clone())).await.unwrap();
    handle.wait().await.unwrap_err();
    process.scoop.admin().retry(handle.id()).await.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(
        results(&stuck),
        [("unpick", "undone"), ("unlight", "failed")]
    );
    assert_eq!(journal::count(&case, "lights"), 21);
    let process = process.restart(&watch, watch.seconds() + 1).await;
    let handle = process.scoop.handle(lights, handle.id());
    let admin = process.scoop.admin();
    admin.resolve(handle.id(), "by hand").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let wanted = [
        ("unpick", "undone"),
        ("unlight", "resolved"),
        ("unpick", "undone"),
    ];
    assert_eq!(results(&error), wanted);
    assert!(error.compensations().iter().all(|undone| !undone.unknown));
    assert_eq!(undone(&case), [1, 1, 0]);
}

async fn a_step_in_doubt_in_a_block_that_lost_is_skipped(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(races(case.clone())).await.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(
        results(&stuck),
        [("unpick", "undone"), ("unlight", "failed")]
    );
    let admin = process.scoop.admin();
    admin.retry(handle.id()).await.unwrap();
    handle.wait().await.unwrap_err();
    admin.skip(handle.id(), "it is dark").await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 1);
    assert_eq!(journal::count(&case, "undoes a"), 1);
    assert_eq!(undone(&case), [0, 0, 1]);
}
