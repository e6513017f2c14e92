//! A file of its own for each test, with a ledger beside the runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use scoop::testing::{SqliteStore, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

#[derive(Clone)]
pub(crate) struct Place(
    PathBuf,
    #[allow(dead_code, reason = "held")] Option<Arc<tempfile::TempDir>>,
);

impl Place {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = Self(directory.path().to_owned(), Some(Arc::new(directory)));
        // The tables of the store are there, as they are for whoever starts runs in it.
        place.open().await.close().await;
        let ledger = "create table ledger (id integer primary key, saga text, what text)";
        place.connection().await.execute(ledger).await.unwrap();
        place
    }

    /// The same place, as another process finds it.
    pub(crate) fn at(address: &str) -> Self {
        Self(address.into(), None)
    }

    pub(crate) fn address(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }

    fn file(&self) -> PathBuf {
        self.0.join("runs.db")
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.file()).await.unwrap())
    }

    pub(crate) async fn connection(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.file());
        let options = options
            .create_if_missing(true)
            .busy_timeout(Duration::from_secs(30));
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
        let counts = "select status, count(*) from scoop_run group by 1 order by 1";
        let rows = sqlx::query(counts)
            .fetch_all(&mut self.connection().await)
            .await;
        let count =
            |row: &sqlx::sqlite::SqliteRow| (row.get(0), row.get::<i64, _>(1).cast_unsigned());
        rows.unwrap().iter().map(count).collect()
    }
}
