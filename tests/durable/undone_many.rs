//! Rollbacks of many operations: the run's row is not told of each, and all of them are known in the end, in
//! whatever life they were done.

use scoop::{CompensationResult, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    the_row_of_a_run_is_not_told_of_each_compensation,
    what_was_undone_in_earlier_lives_is_told_in_the_end,
);

const HOUR: u64 = 3_600;
const MANY: u32 = 40;

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(rollback = unpick, undo(retry(max = 3, backoff = "1h..1h")))]
async fn pick(case: &str, number: u32) -> Result<u32, No> {
    effect(case, &format!("picks {number}"));
    Ok(number)
}

/// Of each tenth it takes two attempts.
async fn unpick(case: &str, number: u32, _: u32) -> Result<(), No> {
    effect(case, &format!("puts back {number}"));
    let times = journal::count(case, &format!("puts back {number}"));
    match number % 10 == 5 && times == 1 {
        true => Err(No),
        false => Ok(()),
    }
}

#[saga]
async fn below(case: String) -> Result<u32, No> {
    pick(&case, 100).await
}

#[saga]
async fn many(case: String) -> Result<(), No> {
    below(case.clone()).await?;
    scoop::try_map(0..MANY, |number| pick(&case, number)).await?;
    Err(No)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn the_row_of_a_run_is_not_told_of_each_compensation(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(many(case.clone())).await.unwrap();
    watch.until(3 * HOUR + 60).await;
    // All but those from 5 to 0.
    assert!(
        journal::count(&case, "puts back 6") == 1,
        "{:?}",
        journal::read(&case)
    );
    let (row, _) = process.scoop.admin().show(handle.id()).await.unwrap();
    let failure = row.failure.unwrap();
    assert!(failure.as_bytes().len() < 1_000, "{:?}", failure.json());
    assert!(!failure.json().unwrap().contains("compensations"));
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.compensations().len(), 41);
}

async fn what_was_undone_in_earlier_lives_is_told_in_the_end(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let mut process = Process::start(&place).await;
    let id = process.scoop.start(many(case.clone())).await.unwrap().id();
    for hours in 0..4 {
        watch.until(hours * HOUR + 60).await;
        process = process.restart(&watch, hours * HOUR + 120).await;
    }
    let error = process.scoop.handle(many, id).wait().await.unwrap_err();
    let told: Vec<_> = error
        .compensations()
        .iter()
        .map(|undone| {
            (
                undone.part.0.clone(),
                &*undone.rollback,
                &*undone.step,
                &undone.result,
            )
        })
        .collect();
    assert_eq!(told.len(), 41);
    for (part, rollback, step, result) in told {
        let twice = part.ends_with('5');
        let wanted = if twice { 2 } else { 1 };
        assert!(
            matches!(result, CompensationResult::Undone { attempt } if *attempt == wanted),
            "{part}: {result:?}"
        );
        let names = match &*part {
            "" => ("durable::undone_many::below", "durable::undone_many::below"),
            _ => ("durable::undone_many::unpick", "durable::undone_many::pick"),
        };
        assert_eq!((rollback, step), names);
    }
    for number in 0..MANY {
        let times = journal::count(&case, &format!("puts back {number}"));
        assert_eq!(times, if number % 10 == 5 { 2 } else { 1 }, "{number}");
    }
}
