//! Where runs are kept while processes come and go: one variant for each store.

use std::sync::Arc;

use scoop::testing::{MemoryStore, Store};
#[cfg(feature = "postgres")]
use scoop_runtime::testing::LentDatabase;

use super::unhurried::{Unhurried, standing};

/// A place that outlives the stores that are opened on it.
#[derive(Clone)]
pub(crate) enum Place {
    /// Clones of one memory store are handles on the same runs.
    Memory(MemoryStore),
    /// A file in a directory that is removed in the end.
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<tempfile::TempDir>),
    /// A database of its own, found when it is opened first.
    #[cfg(feature = "postgres")]
    Postgres(Arc<tokio::sync::OnceCell<LentDatabase>>),
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryStore::new())
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(tempfile::tempdir().unwrap()))
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres() -> Self {
        Self::Postgres(Arc::default())
    }

    /// Another one of the same kind, with nothing in it.
    pub(crate) fn fresh(&self) -> Self {
        match self {
            Self::Memory(_) => Self::memory(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Self::sqlite(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Self::postgres(),
        }
    }

    /// Opens the store, as a process does when it starts. The store before has to be closed.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.clone()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(directory) => {
                let file = directory.path().join("runs.db");
                let store = scoop::testing::SqliteStore::open(file).await.unwrap();
                Arc::new(Unhurried::new(Arc::new(store)))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(database) => standing(postgres(database)).await,
        }
    }
}

#[cfg(feature = "postgres")]
async fn postgres(database: &tokio::sync::OnceCell<LentDatabase>) -> Arc<dyn Store> {
    let lend = || LentDatabase::on(scoop_testserver::url());
    open_postgres(database.get_or_init(lend).await.url()).await
}

/// Opens a database for tests whose clock leaps by hours: nobody is to count them.
#[cfg(feature = "postgres")]
pub(crate) async fn open_postgres(url: &str) -> Arc<dyn Store> {
    use scoop_runtime::store::{Lease, Opening, PostgresStore};

    const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
    let lease = Lease {
        length: DAY * 300,
        heartbeat: DAY * 30,
        poll: DAY * 30,
    };
    let opening = Opening {
        lease,
        ..Opening::default()
    };
    let store = PostgresStore::open(url, opening).await.unwrap();
    Arc::new(Unhurried::new(Arc::new(store)))
}
