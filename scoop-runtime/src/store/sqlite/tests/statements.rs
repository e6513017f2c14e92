//! Every statement is one that SQLite can prepare, says who runs it, and uses the index meant.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqlSafeStr as _};

use super::{fresh, raw};
use crate::store::sqlite::query;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (_directory, path, _store) = fresh().await;
    let mut connection = raw(&path).await;
    for (file, sql) in query::ALL {
        let prepared = connection.prepare(AssertSqlSafe(*sql).into_sql_str()).await;
        assert!(prepared.is_ok(), "{file}: {:?}", prepared.err());
    }
}

#[test]
fn every_statement_says_who_runs_it_and_what_it_locks() {
    for (file, sql) in query::ALL {
        let first = sql.lines().next().unwrap();
        assert!(
            first.starts_with("-- ") && first.contains("locks"),
            "{file}: {first}"
        );
        assert!(
            !sql.contains(';') || first.contains(';'),
            "{file}: one statement a file"
        );
    }
}

#[test]
fn every_file_is_used() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sqlite/queries");
    let files: BTreeSet<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let used = query::ALL
        .iter()
        .map(|(file, _)| format!("{file}.sql"))
        .collect();
    assert_eq!(files, used);
}

#[tokio::test]
async fn reading_never_scans_a_whole_table() {
    let (_directory, path, _store) = fresh().await;
    let mut connection = raw(&path).await;
    for (sql, uses) in [
        (query::RUN_CANCELLED, "scoop_run_cancel"),
        (
            query::RUN_CLAIM,
            "scoop_run_ready (queue=? AND priority=? AND wake_at<?)",
        ),
        (query::RUN_CLAIM, "scoop_run_queue (queue=? AND owner>?"),
        (query::RUN_CLAIM, "scoop_run_ready (queue=? AND priority>?)"),
        (query::RUN_DUE, "scoop_run_due (wake_at>?)"),
        (query::RUN_WAITS, "scoop_run_owner (owner=? AND epoch<?)"),
        (query::RUNS_OF_SAGA, "scoop_run_saga"),
        (query::RUN_BY_KEY, "scoop_run_key"),
        (query::ROWS_AT, "PRIMARY KEY (run=? AND seq=?)"),
        (query::ROWS_BEFORE, "PRIMARY KEY (run=? AND seq<?)"),
    ] {
        let explain = format!("explain query plan {}", &sql[sql.find('\n').unwrap()..]);
        let plan: Vec<String> = connection
            .fetch_all(AssertSqlSafe(explain))
            .await
            .unwrap()
            .iter()
            .map(|row| row.get("detail"))
            .collect();
        let plan = plan.join("\n");
        assert!(plan.contains(uses), "{uses}:\n{plan}");
    }
}
