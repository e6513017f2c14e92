//! Facts about plans that are kept: in which connections, and that they hold while tables grow.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::{database, open, raw};
use crate::store::Store as _;
use crate::store::conformance::rest::below;
use crate::store::conformance::sample::{start, step, worker};
use crate::store::postgres::query;
use crate::store::postgres::session::Proxy;

async fn text(connection: &mut PgConnection, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn the_statement_of_a_batch_is_planned_once() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1), start(2)]).await.unwrap();
    for seq in 2..20 {
        let batch = [step(1, seq), step(2, seq)];
        store.commit(&fence, &batch).await.unwrap();
    }
    let held = store.writers[0].hold().await.unwrap();
    let custom = "select max(custom_plans)::text from pg_prepared_statements";
    let custom = held
        .run(async |session| Ok(text(session.connection, custom).await))
        .await
        .unwrap();
    assert_eq!(custom, "0");
}

#[tokio::test]
async fn only_the_engines_own_connections_keep_their_plans() {
    let url = database().await;
    let store = open(&url).await;
    let mode = "show plan_cache_mode";
    for line in store.writers.iter().chain([&store.pulse]) {
        let held = line.hold().await.unwrap();
        let mode = held
            .run(async |session| Ok(text(session.connection, mode).await))
            .await
            .unwrap();
        assert_eq!(mode, "force_generic_plan");
    }
    let mut steps = store.steps.acquire().await.unwrap();
    assert_eq!(text(&mut steps, mode).await, "auto");
}

/// A plan that is made while the tables are small, and known to be, is kept while they grow.
#[tokio::test]
async fn no_plan_that_is_kept_scans_a_small_table() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for run in 1..=5 {
        store.commit(&fence, &[start(run)]).await.unwrap();
    }
    let mut connection = raw(&url).await;
    connection.execute("vacuum analyze").await.unwrap();
    Proxy::of(&url).keep_plans(&mut connection).await.unwrap();
    let prepare = format!("prepare it as {}", query::COMMIT);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    let nulls = vec!["null"; 42].join(", ");
    let explain = format!("explain execute it ({nulls})");
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let plan = plan.join("\n");
    for bad in ["Seq Scan", "Hash Join", "Merge Join", "Semi Join"] {
        assert!(!plan.contains(bad), "{bad}:\n{plan}");
    }
    // With few sagas PostgreSQL 18 also finds a run in the index of these, from one to the next.
    let indexes = [" using run_pkey", " using run_saga"];
    let whole: usize = indexes
        .iter()
        .map(|index| plan.matches(index).count())
        .sum();
    assert_eq!(whole, plan.matches("Index Cond: (id = ").count(), "{plan}");
}

/// Of what nobody waits for in the store.
#[tokio::test]
async fn an_end_that_wakes_nobody_looks_for_nobody() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let runs = [start(1), below(2, 1), below(3, 1)];
    store.commit(&fence, &runs).await.unwrap();
    let mut connection = raw(&url).await;
    let marked =
        "update scoop.run set wakes_parent = true where id = cast(lpad('3', 32, '0') as uuid)";
    connection.execute(marked).await.unwrap();
    let prepare = format!("prepare it as {}", query::COMMIT);
    connection.execute(AssertSqlSafe(prepare)).await.unwrap();
    for (run, looks) in [(2, false), (3, true)] {
        let end = format!(
            "'{{{run:0>32}}}', '{{null}}', '{{4}}', '{{f}}', '{{null}}', '{{null}}', '{{null}}', \
             '{{5000}}', '{{null}}', '{{0}}', '{{f}}', '{{null}}'"
        );
        let none = |count| vec!["'{}'"; count].join(", ");
        let explain = format!(
            "explain (analyze, costs off, timing off) execute it ('w', 1, {}, {end}, {}, '{{null}}')",
            none(13),
            none(14)
        );
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan = plan.join("\n");
        let (_, above) = plan.split_once("CTE above\n").unwrap();
        let lookups = above.lines().filter(|line| line.contains(" on run"));
        let lookups: Vec<&str> = lookups.filter(|line| line.contains("Scan")).collect();
        assert_eq!(lookups.len(), 2, "{plan}");
        let looked = lookups.iter().any(|one| !one.contains("never executed"));
        assert_eq!(looked, looks, "{plan}");
    }
}
