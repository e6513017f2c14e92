//! A database of its own for each test.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

pub(crate) async fn database() -> String {
    scoop_runtime::testing::fresh_database(scoop_testserver::url()).await
}

pub(crate) async fn execute(url: &str, sql: &str) {
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}
