//! From a URL to a store.

use std::sync::Arc;

use super::memory::MemoryStore;
use super::{Store, StoreError};

/// Opens the store at a URL: `sqlite:trips.db`, `memory:`.
///
/// # Errors
/// When the scheme is unknown or not available, or the store cannot be used.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(StoreError::Unusable(format!(
            "`{url}` is no store URL; {KNOWN}"
        )));
    };
    match scheme {
        "memory" if rest.is_empty() => Ok(Arc::new(MemoryStore::new())),
        "sqlite" => sqlite(rest.strip_prefix("//").unwrap_or(rest)).await,
        "postgres" | "postgresql" => Err(StoreError::Unusable(
            "Postgres is not available in this release yet; use `sqlite:..`".to_owned(),
        )),
        _ => Err(StoreError::Unusable(format!(
            "`{scheme}:` is no store that scoop knows; {KNOWN}"
        ))),
    }
}

const KNOWN: &str = "write `sqlite:trips.db` for a file or `memory:` for no file at all";

#[cfg(feature = "sqlite")]
async fn sqlite(path: &str) -> Result<Arc<dyn Store>, StoreError> {
    if path.is_empty() || path == ":memory:" {
        return Err(StoreError::Unusable(
            "a SQLite store is a file, as in `sqlite:trips.db`; for none at all use `memory:`"
                .to_owned(),
        ));
    }
    Ok(Arc::new(super::sqlite::SqliteStore::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::Unusable(
        "this program was built without SQLite: turn on the feature `sqlite` of `scoop-saga`"
            .to_owned(),
    ))
}
