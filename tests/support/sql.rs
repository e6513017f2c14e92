//! The SQLite file of a place, as another program sees it.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use scoop_runtime::protocol::id::RunId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::support::Place;

/// A connection beside the store's.
pub(crate) async fn connection(place: &Place) -> SqliteConnection {
    let Place::Sqlite(directory) = place else {
        panic!("only SQLite has a file")
    };
    let file = directory.path().join("runs.db");
    let options = SqliteConnectOptions::new().filename(file);
    options.connect().await.unwrap()
}

/// Executes statements in which `$run` is this run.
pub(crate) async fn execute(place: &Place, sql: &str, run: RunId) {
    let sql = sql.replace("$run", &format!("x'{}'", run.as_uuid().simple()));
    script(place, &sql).await;
}

/// Executes statements.
pub(crate) async fn script(place: &Place, sql: &str) {
    let mut connection = connection(place).await;
    let done = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.unwrap();
}

/// The rows of one column of text.
pub(crate) async fn texts(place: &Place, sql: String) -> Vec<String> {
    let mut connection = connection(place).await;
    let rows = sqlx::query(AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await;
    connection.close().await.unwrap();
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}
