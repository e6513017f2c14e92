//! Every statement is one that PostgreSQL can prepare, says who runs it, and uses the index meant.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use super::{database, open, raw};
use crate::store::postgres::query;

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let url = database().await;
    let _store = open(&url).await;
    let mut connection = raw(&url).await;
    for (file, sql) in query::ALL {
        let prepared = connection.prepare(AssertSqlSafe(*sql).into_sql_str()).await;
        assert!(prepared.is_ok(), "{file}: {:?}", prepared.err());
    }
}

#[test]
fn every_statement_says_who_runs_it_and_what_it_locks() {
    for (file, sql) in query::ALL {
        let says: Vec<&str> = sql
            .lines()
            .take_while(|line| line.starts_with("--"))
            .collect();
        let says = says.join(" ").to_lowercase();
        assert!(!says.is_empty(), "{file}");
        assert!(
            ["lock", "holds", "waits", "one process at a time"]
                .iter()
                .any(|word| says.contains(word)),
            "{file}: {says}"
        );
        let rest = sql.lines().filter(|line| !line.starts_with("--"));
        assert!(
            !rest.collect::<String>().contains(';'),
            "{file}: one statement a file"
        );
    }
}

#[test]
fn every_file_is_used() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/postgres/sql");
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

/// The plan that is kept for a prepared statement, made while the tables are empty: it is used
/// until they are analysed, however much they grow until then.
#[tokio::test]
async fn no_plan_scans_a_whole_table() {
    let url = database().await;
    let _store = open(&url).await;
    let mut connection = raw(&url).await;
    connection
        .execute("set plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    for (file, sql) in query::ALL
        .iter()
        .filter(|(file, _)| !file.starts_with("migration"))
    {
        let prepare = format!("prepare {file} as {sql}");
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
        let count: i64 = sqlx::query_scalar(
            "select cardinality(parameter_types)::bigint from pg_prepared_statements where name = $1",
        )
        .bind(*file)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        let nulls = match usize::try_from(count).unwrap() {
            0 => String::new(),
            count => format!("({})", vec!["null"; count].join(", ")),
        };
        // Where ten rows go at once, an empty table is thought to be read sooner than its index.
        let dear = if file.starts_with("runs_remove") {
            "off"
        } else {
            "on"
        };
        let dear = format!("set enable_seqscan = {dear}");
        connection.execute(AssertSqlSafe(dear)).await.unwrap();
        let explain = format!("explain execute {file} {nulls}");
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan = plan.join("\n");
        for table in ["run", "checkpoint"] {
            let scan = format!("Seq Scan on {table}");
            assert!(!plan.contains(&scan), "{file}:\n{plan}");
        }
    }
}

/// Beside many runs that wait, analysed or not, a claim looks at those that are due.
#[tokio::test]
async fn what_is_due_is_found_by_its_index() {
    let url = database().await;
    let _store = open(&url).await;
    let mut connection = raw(&url).await;
    let sleepers = "insert into scoop.run (
            id, saga, input, status, epoch, wake_at, created_at, priority, queue
        )
        select
            gen_random_uuid(), 'sleeper', '', 1, 0, 1000 + number, 1, number % 3,
            case number % 4 when 0 then 'mail' else '' end
        from generate_series(1, 20000) number";
    connection.execute(sleepers).await.unwrap();
    let queue = "insert into scoop.queue (name, most) values ('mail', 5)";
    connection.execute(queue).await.unwrap();
    let mode = "set plan_cache_mode = force_generic_plan";
    connection.execute(mode).await.unwrap();
    let prepare = format!("prepare claim as {}", query::RUN_CLAIM);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    let prepare = format!("prepare due as {}", query::RUN_DUE);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    for _ in 0..2 {
        for (call, index) in [
            ("claim ('w', 1, null, 256, '{}', 1010)", "run_ready"),
            ("claim ('w', 1, '{sleeper}', 256, '{}', 1010)", "run_ready"),
            ("claim ('w', 1, null, 256, '{}', 1010)", "run_queue"),
            ("due (1010)", "run_due"),
        ] {
            let explain = format!("explain execute {call}");
            let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let plan = plan.join("\n");
            let uses = plan.contains(&format!("using {index} on run"));
            assert!(uses, "{index} for {call}:\n{plan}");
            assert!(!plan.contains("Seq Scan on run"), "{call}:\n{plan}");
        }
        connection.execute("analyze scoop.run").await.unwrap();
        connection.execute("deallocate claim").await.unwrap();
        let prepare = format!("prepare claim as {}", query::RUN_CLAIM);
        connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    }
}
