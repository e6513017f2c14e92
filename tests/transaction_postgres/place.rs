//! A database of its own for each test, with a ledger beside the runs.

use std::sync::Arc;

use scoop::testing::Store;
use scoop_runtime::store::{Opening, PostgresStore};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let url = scoop_runtime::testing::fresh_database(scoop_testserver::url()).await;
        let place = Self { url };
        let ledger = "create table ledger (id bigserial primary key, saga text, what text);
                      create table account (name text primary key, amount bigint not null)";
        place.connection().await.execute(ledger).await.unwrap();
        place
    }

    /// The same place, as another process finds it.
    pub(crate) fn at(address: &str) -> Self {
        Self {
            url: address.to_owned(),
        }
    }

    pub(crate) fn address(&self) -> String {
        self.url.clone()
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(
            PostgresStore::open(&self.url, Opening::default())
                .await
                .unwrap(),
        )
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        let options: PgConnectOptions = self.url.parse().unwrap();
        options.connect().await.unwrap()
    }

    /// What the steps of this case wrote, in order.
    pub(crate) async fn ledger(&self, case: &str) -> Vec<String> {
        let lines = "select what from ledger where saga = $1 order by id";
        let lines = sqlx::query_scalar(lines).bind(case);
        lines.fetch_all(&mut self.connection().await).await.unwrap()
    }

    /// How many runs there are, by their status.
    pub(crate) async fn counts(&self) -> Vec<(i64, u64)> {
        let counts = "select status::bigint, count(*) from scoop.run group by 1 order by 1";
        let rows = sqlx::query(counts)
            .fetch_all(&mut self.connection().await)
            .await;
        let count =
            |row: &sqlx::postgres::PgRow| (row.get(0), row.get::<i64, _>(1).cast_unsigned());
        rows.unwrap().iter().map(count).collect()
    }
}
