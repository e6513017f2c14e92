//! Every store passes the same suite.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use scoop_runtime::store::conformance::Fixture;
use scoop_runtime::store::{MemoryStore, Store};

/// Keeps a handle of its own on the newest store; what is reopened is a clone of it.
#[derive(Default)]
struct MemoryFixture {
    newest: Mutex<MemoryStore>,
}

#[async_trait]
impl Fixture for MemoryFixture {
    async fn fresh(&self) -> Arc<dyn Store> {
        let mut newest = self.newest.lock().unwrap();
        *newest = MemoryStore::new();
        Arc::new(newest.clone())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store.close().await;
        Arc::new(self.newest.lock().unwrap().clone())
    }
}

scoop_runtime::conformance!(memory, MemoryFixture::default());

#[cfg(feature = "sqlite")]
mod sqlite_file {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use scoop_runtime::store::SqliteStore;

    use super::*;

    /// Each store is a file of its own in a directory that is removed in the end.
    pub(super) struct SqliteFixture {
        directory: tempfile::TempDir,
        files: AtomicU32,
    }

    impl SqliteFixture {
        pub(super) fn new() -> Self {
            Self {
                directory: tempfile::tempdir().unwrap(),
                files: AtomicU32::new(0),
            }
        }

        fn newest(&self) -> PathBuf {
            self.directory
                .path()
                .join(format!("{}.db", self.files.load(Ordering::SeqCst)))
        }
    }

    #[async_trait]
    impl Fixture for SqliteFixture {
        async fn fresh(&self) -> Arc<dyn Store> {
            self.files.fetch_add(1, Ordering::SeqCst);
            Arc::new(SqliteStore::open(self.newest()).await.unwrap())
        }

        async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
            store.close().await;
            Arc::new(SqliteStore::open(self.newest()).await.unwrap())
        }
    }
}

#[cfg(feature = "sqlite")]
scoop_runtime::conformance!(sqlite, sqlite_file::SqliteFixture::new());

#[cfg(feature = "postgres")]
mod postgres_database {
    use scoop_runtime::store::{Opening, PostgresStore};
    use scoop_runtime::testing::fresh_database;

    use super::*;

    /// Each store is a database of its own on one server.
    #[derive(Default)]
    pub(super) struct PostgresFixture {
        newest: Mutex<String>,
    }

    impl PostgresFixture {
        async fn open(&self) -> Arc<dyn Store> {
            let url = self.newest.lock().unwrap().clone();
            let store = PostgresStore::open(&url, Opening::default()).await;
            Arc::new(store.unwrap())
        }
    }

    #[async_trait]
    impl Fixture for PostgresFixture {
        async fn fresh(&self) -> Arc<dyn Store> {
            let url = fresh_database(scoop_testserver::url()).await;
            *self.newest.lock().unwrap() = url;
            self.open().await
        }

        async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
            store.close().await;
            self.open().await
        }
    }
}

#[cfg(feature = "postgres")]
scoop_runtime::conformance!(postgres, postgres_database::PostgresFixture::default());
