//! Where runs are kept while processes come and go: one variant for each store.

use std::sync::Arc;

use scoop::testing::{MemoryStore, Store};

use super::unhurried::Unhurried;

/// A place that outlives the stores that are opened on it.
#[derive(Clone)]
pub(crate) enum Place {
    /// Clones of one memory store are handles on the same runs.
    Memory(MemoryStore),
    /// A file in a directory that is removed in the end.
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<tempfile::TempDir>),
}

impl Place {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryStore::new())
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// Another one of the same kind, with nothing in it.
    pub(crate) fn fresh(&self) -> Self {
        match self {
            Self::Memory(_) => Self::memory(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Self::sqlite(),
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
        }
    }
}
