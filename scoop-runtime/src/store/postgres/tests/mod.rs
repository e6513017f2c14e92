//! What PostgreSQL alone must do: opening, statements, the lives of workers, trouble.

mod alone;
mod opening;
mod parents;
mod plans;
mod proxy;
mod queue;
mod resent;
mod statements;
mod trouble;
mod workers;

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::store::{Lease, Opening, PostgresStore};
use crate::testing::fresh_database;

/// A lease that is over soon.
fn brief() -> Opening {
    Opening {
        pool_size: 5,
        lease: Lease {
            length: Duration::from_millis(300),
            ..Lease::default()
        },
        patience: Duration::ZERO,
    }
}

async fn database() -> String {
    fresh_database(scoop_testserver::url()).await
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, Opening::default()).await.unwrap()
}

/// A connection beside those of the store.
async fn raw(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

async fn execute(url: &str, sql: &str) {
    let mut connection = raw(url).await;
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

async fn number(url: &str, sql: &str) -> i64 {
    let mut connection = raw(url).await;
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(&mut connection)
        .await
        .unwrap()
}
