//! Damage to runs that are being rolled back.

use crate::sagas::regret;
use crate::scene::{Damage, damaged};

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
