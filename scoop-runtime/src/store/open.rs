//! From a URL to a store: `memory:`, `sqlite:trips.db`, `postgres://host/database`.

use std::sync::Arc;
use std::time::Duration;

use super::{Lease, MemoryStore, Store, StoreError};

const KNOWN: [&str; 3] = ["memory", "sqlite", "postgres"];

/// How a store that many processes share is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How workers show that they live, and how often they look for runs of those who do not.
    pub lease: Lease,
    /// How long to wait for a database that is away.
    pub patience: Duration,
    /// How many connections the steps share that write in the store's transactions, where the
    /// application lends no pool of its own.
    pub pool_size: u32,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            lease: Lease::default(),
            patience: Duration::from_secs(30),
            pool_size: 10,
        }
    }
}

/// Opens the store that `url` names.
///
/// - `memory:` keeps runs in this process only.
/// - `sqlite:trips.db`, `sqlite://trips.db`, `sqlite:/var/lib/trips.db`: a SQLite file, which is
///   made where it is missing.
/// - `postgres://user:password@host/database`: a PostgreSQL database, in which a schema `scoop` is
///   made where it is missing.
///
/// # Errors
/// [`StoreError::Unusable`] when the URL names no store of this build, or one that cannot be
/// opened; [`StoreError::InUse`] when another process has it; [`StoreError::Unavailable`] when the
/// server stays away.
pub async fn open(url: &str, opening: Opening) -> Result<Arc<dyn Store>, StoreError> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(unusable(without_scheme(url)));
    };
    match (scheme, rest) {
        ("memory", "" | "//") => Ok(Arc::new(MemoryStore::new())),
        ("memory", _) => Err(unusable("nothing may follow `memory:`".to_owned())),
        ("sqlite", rest) => sqlite(file(rest)?).await,
        ("postgres" | "postgresql", _) => postgres(url, opening).await,
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

#[cfg(feature = "postgres")]
async fn postgres(url: &str, opening: Opening) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(super::PostgresStore::open(url, opening).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_: &str, _: Opening) -> Result<Arc<dyn Store>, StoreError> {
    Err(unusable(
        "this program was built without PostgreSQL; switch on the feature `postgres` of \
         `scoop-saga`"
            .to_owned(),
    ))
}

fn without_scheme(url: &str) -> String {
    let known = KNOWN.iter().find(|known| url.eq_ignore_ascii_case(known));
    let hint = match known {
        Some(known) => format!("; did you mean `{known}:`?"),
        None => format!(". For a SQLite file write `sqlite:{url}`"),
    };
    format!("`{url}` is not the URL of a store: it has no scheme{hint}")
}

/// Names the scheme only: what follows it may hold a password.
fn unknown(scheme: &str) -> String {
    let closest = KNOWN
        .into_iter()
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
    let known = KNOWN.map(|known| format!("`{known}:`")).join(", ");
    format!("`{scheme}:` is not a store; there are: {known}{hint}")
}

const fn unusable(message: String) -> StoreError {
    StoreError::Unusable(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> String {
        open(url, Opening::default())
            .await
            .expect_err(url)
            .to_string()
    }

    #[tokio::test]
    async fn memory_opens() {
        assert_eq!(
            open("memory:", Opening::default()).await.unwrap().name(),
            "memory"
        );
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn every_way_to_write_a_file_opens_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b.db");
        for prefix in ["sqlite:", "sqlite://"] {
            let store = open(&format!("{prefix}{}", path.display()), Opening::default())
                .await
                .unwrap();
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

    #[cfg(not(feature = "postgres"))]
    #[tokio::test]
    async fn postgres_names_its_feature_when_it_is_off() {
        let message = refused("postgres://u:secret@h/db").await;
        assert!(message.contains("the feature `postgres`"), "{message}");
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
            ("postgre://u:secret@h/db", "did you mean `postgres:`?"),
            ("sqlite3:t.db", "did you mean `sqlite:`?"),
            ("memroy:", "did you mean `memory:`?"),
            ("Sqlite:t.db", "did you mean `sqlite:`?"),
            (
                "redis://u:secret@h",
                "there are: `memory:`, `sqlite:`, `postgres:`",
            ),
        ] {
            let message = refused(url).await;
            assert!(message.contains(says), "{url}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
