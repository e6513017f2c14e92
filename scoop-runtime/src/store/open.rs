//! From a URL to a store: `memory:` and `sqlite:trips.db`.

use std::sync::Arc;

use super::{MemoryStore, Store, StoreError};

const KNOWN: [&str; 2] = ["memory", "sqlite"];

/// Opens the store that `url` names.
///
/// - `memory:` keeps runs in this process only.
/// - `sqlite:trips.db`, `sqlite://trips.db`, `sqlite:/var/lib/trips.db`: a SQLite file, which is
///   made where it is missing.
///
/// # Errors
/// [`StoreError::Unusable`] when the URL names no store of this build, or one that cannot be
/// opened; [`StoreError::InUse`] when another process has it.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(unusable(format!(
            "`{url}` is not the URL of a store: it has no scheme. For a SQLite file write \
             `sqlite:{url}`"
        )));
    };
    match (scheme, rest) {
        ("memory", "" | "//") => Ok(Arc::new(MemoryStore::new())),
        ("memory", _) => Err(unusable("nothing may follow `memory:`".to_owned())),
        ("sqlite", rest) => sqlite(file(rest)?).await,
        ("postgres" | "postgresql", _) => Err(unusable(format!(
            "`{scheme}:` is not available in this release yet; use `sqlite:trips.db`, or `memory:` \
             in tests"
        ))),
        _ => Err(unusable(unknown(scheme))),
    }
}

fn file(rest: &str) -> Result<&str, StoreError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.starts_with(":memory:") {
        return Err(unusable(
            "`sqlite::memory:` is not supported, because a run in it would not survive; use \
             `memory:`"
                .to_owned(),
        ));
    }
    if let Some((file, options)) = path.split_once('?') {
        return Err(unusable(format!(
            "a `sqlite:` URL takes no options (`?{options}`); write `sqlite:{file}`. The file is \
             made where it is missing"
        )));
    }
    if path.is_empty() {
        return Err(unusable(
            "`sqlite:` wants a file, as in `sqlite:trips.db`".to_owned(),
        ));
    }
    Ok(path)
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(super::SqliteStore::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(path: &str) -> Result<Arc<dyn Store>, StoreError> {
    Err(unusable(format!(
        "cannot open `{path}`: this program was built without SQLite; switch on the feature \
         `sqlite` of `scoop-saga`"
    )))
}

/// Names the scheme only: what follows it may hold a password.
fn unknown(scheme: &str) -> String {
    let closest = KNOWN
        .into_iter()
        .chain(["postgres"])
        .map(|known| {
            (
                strsim::damerau_levenshtein(known, &scheme.to_lowercase()),
                known,
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let hint = closest.map_or_else(String::new, |(_, known)| {
        format!("; did you mean `{known}:`?")
    });
    let known = KNOWN.map(|known| format!("`{known}:`")).join(" and ");
    format!("`{scheme}:` is not a store; there are {known}{hint}")
}

const fn unusable(message: String) -> StoreError {
    StoreError::Unusable(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> String {
        open(url).await.expect_err(url).to_string()
    }

    #[tokio::test]
    async fn memory_opens() {
        assert_eq!(open("memory:").await.unwrap().name(), "memory");
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn every_way_to_write_a_file_opens_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b.db");
        for prefix in ["sqlite:", "sqlite://"] {
            let store = open(&format!("{prefix}{}", path.display())).await.unwrap();
            assert_eq!(store.name(), "sqlite");
            store.close().await;
        }
        assert!(path.is_file());
    }

    #[cfg(not(feature = "sqlite"))]
    #[tokio::test]
    async fn sqlite_names_its_feature_when_it_is_off() {
        assert!(
            refused("sqlite:trips.db")
                .await
                .contains("the feature `sqlite`")
        );
    }

    #[tokio::test]
    async fn a_wrong_url_says_what_to_write() {
        for (url, says) in [
            ("trips.db", "write `sqlite:trips.db`"),
            ("sqlite::memory:", "use `memory:`"),
            ("sqlite://:memory:", "use `memory:`"),
            ("sqlite:", "as in `sqlite:trips.db`"),
            ("sqlite://t.db?mode=rwc", "write `sqlite:t.db`"),
            ("memory:x", "nothing may follow"),
            (
                "postgres://u:secret@h/db",
                "not available in this release yet",
            ),
            ("postgresql://h/db", "not available in this release yet"),
            ("sqlite3:t.db", "did you mean `sqlite:`?"),
            ("memroy:", "did you mean `memory:`?"),
            ("Sqlite:t.db", "did you mean `sqlite:`?"),
            ("redis://u:secret@h", "there are `memory:` and `sqlite:`"),
        ] {
            let message = refused(url).await;
            assert!(message.contains(says), "{url}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
