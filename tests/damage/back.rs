//! Damage to runs that are being rolled back.

use std::sync::Arc;

use crate::sagas::regret;
use crate::scene::{Damage, damaged, standing};
use crate::support::{Place, connect, kill, soon};
use crate::{journal, sql};

const HAPPENED: [&str; 6] = [
    "1 +a",
    "2 +b",
    "2:undo -b",
    "2:undo -b",
    "1:undo -a",
    "1:undo -a",
];

async fn check(sql: &'static str, says: &'static str) {
    damaged(regret, &Damage { sql, says }, &HAPPENED).await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_no_json() {
    check(
        "update scoop_run set failure = x'014A7B' where id = $run",
        "its failure cannot be decoded: EOF while parsing an object at line 1 column 1",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_not_there() {
    check(
        "update scoop_run set failure = null where id = $run",
        "it rolls back without a failure",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_is_no_json() {
    let sql = "update scoop_checkpoint set outcome = x'014A7B' where run = $run and seq = 2";
    check(
        sql,
        "its outcome cannot be decoded: EOF while parsing an object at line 1 column 1",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_undone_is_no_json() {
    let sql = "update scoop_checkpoint set arguments = x'014A7B' where run = $run and seq = 4 and part = ''";
    check(
        sql,
        "its undo row cannot be decoded: EOF while parsing an object at line 1 column 1",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn arguments_of_what_is_undone_of_another_type() {
    let sql = r#"update scoop_checkpoint set arguments = cast(x'014A' || '["c", 9]' as blob) where run = $run and seq = 2"#;
    check(sql, "what `damage::sagas::cancel` takes cannot be decoded: invalid type: integer `9`, expected a string at line 1 column 1").await;
}

#[tokio::test(start_paused = true)]
async fn arguments_of_what_is_undone_that_are_not_there() {
    let sql = "update scoop_checkpoint set arguments = null where run = $run and seq = 2";
    check(sql, "the arguments of `damage::sagas::book` are missing").await;
}

/// The whole plan is checked before any of it is done: the step of row 1 comes last.
#[tokio::test(start_paused = true)]
async fn a_step_that_this_program_does_not_have() {
    let sql = "update scoop_checkpoint set operation = 'cars::rent' where run = $run and seq = 1";
    check(sql, "this program has no step `cars::rent`").await;
}

#[tokio::test(start_paused = true)]
async fn a_row_of_the_plan_that_is_gone() {
    check(
        "delete from scoop_checkpoint where run = $run and seq = 1",
        "its row 1 is missing",
    )
    .await;
}

/// As if the rollback of the first step had been taken out of the program: nothing is undone.
#[tokio::test(start_paused = true)]
async fn a_step_whose_rollback_is_gone() {
    let sql = "update scoop_checkpoint set operation = 'damage::sagas::second_attempt' \
               where run = $run and seq = 1";
    check(
        sql,
        "this build has no rollback for `damage::sagas::second_attempt`, which had \
         `damage::sagas::cancel` when it began",
    )
    .await;
}

/// As if a step had been a pivot when it ran: there is no way back, whatever it is now.
#[tokio::test(start_paused = true)]
async fn a_step_that_was_a_pivot() {
    let (place, case) = (Place::sqlite(), uuid::Uuid::new_v4().to_string());
    let store = place.open().await;
    let first = connect(Arc::clone(&store)).await;
    let run = first.start(regret(case.clone())).await.unwrap().id();
    standing(&*store, run).await;
    kill(first, &*store).await;
    let before = journal::read(&case);
    let sql = r#"update scoop_checkpoint set frame =
        cast(x'014A' || '{"promise":"pivot","slots":{}}' as blob) where run = $run and seq = 1"#;
    sql::execute(&place, sql, run).await;
    let second = connect(place.open().await).await;
    let error = soon(second.handle(regret, run).wait()).await.unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    assert_eq!(journal::read(&case), before, "nothing is undone any more");
}
