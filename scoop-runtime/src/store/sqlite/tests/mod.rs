//! Facts about the SQLite store that the conformance suite does not know of.

mod opening;
mod statements;
mod stored;
mod trouble;

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::SqliteStore;

/// A directory that is removed in the end, and a file in it that is not there yet.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("trips.db");
    (directory, path)
}

async fn fresh() -> (TempDir, PathBuf, SqliteStore) {
    let (directory, path) = place();
    let store = SqliteStore::open(&path).await.unwrap();
    (directory, path, store)
}

/// A connection as the application would have it.
async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap()
}

async fn execute(path: &Path, sql: &str) {
    let mut connection = raw(path).await;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

async fn texts(path: &Path, sql: &'static str) -> Vec<String> {
    let mut connection = raw(path).await;
    let texts = sqlx::query_scalar(sql)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    texts
}
