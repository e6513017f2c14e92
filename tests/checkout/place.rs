//! A database of a shop's own, and what a test sees in it.

use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};

use crate::books::Books;

/// After this a test has failed.
pub(crate) const LONG: Duration = Duration::from_secs(60);
const SCHEMA: &str = include_str!("../../examples/checkout/schema.sql");

pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) pool: PgPool,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::on(scoop_testserver::url()).await
    }

    /// A database on this server. The shop finds its tables there.
    pub(crate) async fn on(server: &str) -> Self {
        let url = scoop_runtime::testing::fresh_database(server).await;
        let pool = PgPoolOptions::new().max_connections(2).connect(&url).await;
        let pool = pool.unwrap();
        sqlx::raw_sql(SCHEMA).execute(&pool).await.unwrap();
        Self { url, pool }
    }

    /// One number; nothing while the tables, or the server, are not there.
    pub(crate) async fn number(&self, sql: &str) -> Option<i64> {
        let number = sqlx::query_scalar(AssertSqlSafe(sql));
        number.fetch_one(&self.pool).await.ok()
    }

    /// How many rows the shop wrote.
    pub(crate) async fn entries(&self) -> i64 {
        let sql = "select (select count(*) from checkout.movement)
            + (select count(*) from checkout.payment) + (select count(*) from checkout.shipment)";
        self.number(sql).await.unwrap_or_default()
    }

    /// How many orders whose ids begin like this have come to an end.
    pub(crate) async fn ended(&self, prefix: &str) -> i64 {
        let sql = format!(
            "select count(*) from scoop.run where status in (4, 5) and starts_with(key, '{prefix}')"
        );
        self.number(&sql).await.unwrap_or_default()
    }

    pub(crate) async fn balances(&self) {
        let books = Books::read(&self.pool).await.unwrap();
        assert!(books.balance(), "{books}");
    }

    /// What the connections to it wait for.
    pub(crate) async fn activity(&self) -> String {
        let sql = "select coalesce(string_agg(line, E'\\n'), '') from (
            select format('%s %s %s blocked by %s for %s: %s', pid, state, wait_event,
                pg_blocking_pids(pid), now() - state_change, left(query, 80)) as line
            from pg_stat_activity where datname = current_database() and state <> 'idle') lines";
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// A number that is another one when any row changes that is to stay as it is.
    pub(crate) async fn digest(&self) -> Vec<(String, String)> {
        let mut digest = Vec::new();
        for table in [
            "checkout.stock",
            "checkout.movement",
            "checkout.payment",
            "checkout.shipment",
            "provider.entry",
            "scoop.run",
            "scoop.checkpoint",
        ] {
            let sql = format!(
                "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '')
                 from {table} t"
            );
            let sum = sqlx::query_scalar(AssertSqlSafe(sql));
            let sum: String = sum.fetch_one(&self.pool).await.unwrap();
            digest.push((table.to_owned(), sum));
        }
        digest
    }
}

/// Looks until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < LONG, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
