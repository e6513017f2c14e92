//! Each verb, for a second or less: it ends well and its figures make sense. Nothing here is a
//! measurement.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scoop-bench"))
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        // That of the tests does not wait for the disk.
        .env_remove("DATABASE_URL")
        .output()
        .unwrap()
}

fn figures(arguments: &[&str]) -> Value {
    let output = bench(&[arguments, &["--json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn number(figures: &Value, name: &str) -> f64 {
    figures[name]
        .as_f64()
        .unwrap_or_else(|| panic!("no `{name}` in {figures}"))
}

const SHORT: [&str; 6] = ["--steps", "3", "--concurrency", "16", "--seconds", "0.4"];

#[test]
fn throughput_stands_beside_what_the_database_can_do() {
    let found = figures(&[&["throughput"], &SHORT[..]].concat());
    for name in [
        "sagas_per_second",
        "p50_ms",
        "wal_bytes_per_step",
        "best_single_row_commits_per_second",
        "best_batched_rows_per_second",
        "steps_to_best_single_row",
        "steps_to_best_batched",
    ] {
        assert!(number(&found, name) > 0.0, "{name}: {found}");
    }
    assert!(
        number(&found, "p50_ms") <= number(&found, "p99_ms"),
        "{found}"
    );
    let steps = number(&found, "steps_per_second") / number(&found, "sagas_per_second");
    assert!((steps - 3.0).abs() < 0.1, "{found}");
    let commits = number(&found, "commits_per_saga");
    assert!(
        commits > 0.1,
        "sixteen sagas share a commit at most: {found}"
    );
    let server = found["server"].as_str().unwrap();
    assert!(server.contains("fsync = on"), "{server}");
}

#[test]
fn memory_and_files_have_no_server_to_stand_beside() {
    for store in ["memory", "sqlite"] {
        let found = figures(&[&["throughput", "--store", store], &SHORT[..]].concat());
        assert!(number(&found, "sagas") > 0.0, "{found}");
        assert_eq!(found["commits_per_saga"], Value::Null);
    }
}

#[test]
fn a_saga_alone_stands_beside_single_commits() {
    let found = figures(&["alone", "--steps", "3", "--seconds", "0.4"]);
    assert!(number(&found, "p50_to_single_commits") > 0.1, "{found}");
    let found = figures(&["alone", "--store", "memory", "--seconds", "0.2"]);
    assert!(number(&found, "p50_ms") > 0.0, "{found}");
}

#[test]
fn what_was_killed_is_finished() {
    for store in ["postgres", "sqlite"] {
        let found = figures(&["recovery", "--runs", "30", "--steps", "4", "--store", store]);
        assert!(number(&found, "all_done_after_ms") > 0.0, "{found}");
        assert!(number(&found, "most_runs_of_a_step") <= 2.0, "{found}");
        assert!(number(&found, "steps_run_twice") <= 30.0, "{found}");
        assert!(number(&found, "steps_before_the_kill") >= 60.0, "{found}");
    }
}

#[test]
fn what_does_not_outlive_the_process_is_not_recovered() {
    let output = bench(&["recovery", "--store", "memory"]);
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("wants another store"), "{said}");
}

#[test]
fn waiting_runs_take_memory() {
    for store in ["memory", "postgres"] {
        let found = figures(&["memory", "--runs", "2000", "--store", store]);
        assert!(number(&found, "bytes_per_run") > 10.0, "{found}");
    }
}

#[test]
fn sleepers_wake_and_not_before() {
    let short = ["--asleep", "1", "--spread", "0.5", "--dormant-after", "0.1"];
    for store in ["memory", "sqlite", "postgres"] {
        let found = figures(
            &[
                &["sleepers", "--count", "300", "--store", store],
                &short[..],
            ]
            .concat(),
        );
        assert!(number(&found, "all_woken_after_seconds") >= 1.4, "{found}");
        assert!(
            number(&found, "p50_late_ms") <= number(&found, "most_late_ms"),
            "{found}"
        );
    }
}

/// Those that are due wake in time beside very many that are not, which take no memory.
#[test]
fn a_hundred_thousand_sleep_in_the_store() {
    let found = figures(
        &[
            &["sleepers", "--count", "100000", "--waking", "1000"],
            &["--asleep", "10", "--spread", "2"][..],
        ]
        .concat(),
    );
    assert!(number(&found, "bytes_per_run") < 500.0, "{found}");
    // It is slow where this is built without optimisation, and not alone on its machine.
    assert!(number(&found, "p50_late_ms") < 5_000.0, "{found}");
}

#[test]
fn transactional_steps_stand_beside_the_same_rows_by_themselves() {
    let found = figures(&[&["transactional", "--rounds", "1"], &SHORT[..]].concat());
    for name in [
        "single_row_commits_per_second_of_8",
        "transactions_per_second_of_8",
        "best_transactions_per_second",
        "lent_pool_steps_per_second",
        "lent_pool_p50_ms",
        "lent_pool_steps_to_best_single_row",
        "own_pool_steps_per_second",
        "own_pool_p99_ms",
        "own_pool_steps_to_best_transaction",
    ] {
        assert!(number(&found, name) > 0.0, "{name}: {found}");
    }
    let steps = number(&found, "own_pool_steps_per_second");
    let sagas = number(&found, "own_pool_sagas_per_second");
    assert!((steps / sagas - 3.0).abs() < 0.1, "{found}");
}

#[test]
fn the_table_is_for_people() {
    let output = bench(&["throughput", "--store", "memory", "--seconds", "0.1"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("steps per second"), "{table}");
}

#[test]
fn who_has_nothing_to_do_asks_for_little() {
    for store in ["postgres", "sqlite", "memory"] {
        let found = figures(&["idle", "--seconds", "2", "--workers", "2", "--store", store]);
        assert!(number(&found, "processor_ms_per_second_and_worker") >= 0.0);
        if store == "postgres" {
            let statements = number(&found, "statements_per_second_and_worker");
            assert!((0.1..100.0).contains(&statements), "{found}");
        }
    }
}
