//! Damage to runs that run forward.

use crate::sagas::visit;
use crate::scene::{Damage, damaged};

const HAPPENED: [&str; 4] = ["1 +flight", "2 asked", "2 asked", "3 +hotel"];

async fn check(sql: &'static str, says: &'static str) {
    damaged(visit, &Damage { sql, says }, &HAPPENED).await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_no_json() {
    let sql = "update scoop_checkpoint set frame = x'014A6E6F' where run = $run and part = ''";
    check(
        sql,
        "its frame cannot be decoded: expected ident at line 1 column 2",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_local_of_another_type() {
    let sql = r#"update scoop_checkpoint set frame = cast(x'014A' || '{"slots":{"case":{"is":5},"ticket":{"is":"t"}}}' as blob)
        where run = $run and seq = 2 and part = ''"#;
    check(sql, "the saved local `case` is no `alloc::string::String`: invalid type: integer `5`, expected a string at line 1 column 1").await;
}

#[tokio::test(start_paused = true)]
async fn a_local_that_is_not_there() {
    let sql = r#"update scoop_checkpoint set frame = cast(x'014A' || '{"slots":{"case":{"is":"c"}}}' as blob)
        where run = $run and seq = 2 and part = ''"#;
    check(
        sql,
        "the local `ticket` was not saved by the build that ran it",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_whose_earlier_row_is_gone() {
    check(
        "delete from scoop_checkpoint where run = $run and seq = 1",
        "its frame is damaged: row 1 is missing, which a later frame builds on",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_newest_row_that_is_gone() {
    let sql = "delete from scoop_checkpoint where run = $run and seq = 2 and part = ''";
    check(sql, "its row 2 is missing").await;
}

#[tokio::test(start_paused = true)]
async fn a_value_of_a_later_format() {
    let sql = "update scoop_checkpoint set frame = x'024A7B7D' where run = $run and seq = 2 and part = ''";
    check(sql, "its frame has an unknown format (bytes [02, 4a])").await;
}

#[tokio::test(start_paused = true)]
async fn an_argument_of_another_type() {
    let sql = r#"update scoop_checkpoint set arguments = cast(x'014A' || '["c", "seven"]' as blob)
        where run = $run and seq = 2 and part = ''"#;
    check(sql, "an argument of `damage::sagas::second_attempt` cannot be decoded: invalid type: string \"seven\", expected u32 at line 1 column 7").await;
}

#[tokio::test(start_paused = true)]
async fn an_argument_too_few() {
    let sql = r#"update scoop_checkpoint set arguments = cast(x'014A' || '["c"]' as blob)
        where run = $run and seq = 2 and part = ''"#;
    check(sql, "an argument of `damage::sagas::second_attempt` cannot be decoded: invalid length 1, expected 2 arguments").await;
}

#[tokio::test(start_paused = true)]
async fn arguments_that_are_not_there() {
    let sql =
        "update scoop_checkpoint set arguments = null where run = $run and seq = 2 and part = ''";
    check(
        sql,
        "the arguments of `damage::sagas::second_attempt` are missing",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_no_json() {
    let sql = "update scoop_checkpoint set outcome = x'014A7B' where run = $run and part = '@1'";
    check(
        sql,
        "its attempt cannot be decoded: EOF while parsing an object at line 1 column 1",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_input_of_another_type() {
    check(
        "update scoop_run set input = x'014A5B375D' where id = $run", "the saga's input cannot be decoded: invalid type: integer `7`, expected a string at line 1 column 1")
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_this_program_does_not_have() {
    check(
        "update scoop_run set saga = 'cars::rent' where id = $run", "this program has no saga `cars::rent`; if it is in a library crate, the program has to use that crate: `use that_crate as _;`")
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_await_point_that_this_program_does_not_have() {
    let sql =
        "update scoop_checkpoint set point = 'ferry' where run = $run and seq = 2 and part = ''";
    check(
        sql,
        "it stands at await point `ferry`, which this build does not have",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn another_operation_at_the_await_point() {
    let sql = "update scoop_checkpoint set operation = 'cars::rent' where run = $run and seq = 2 and part = ''";
    check(sql, "at `second_attempt:number` it waits for `cars::rent`, and this build for `damage::sagas::second_attempt`").await;
}
