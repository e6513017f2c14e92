//! Which failures of SQL mean that the whole transaction has to be run again.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Describe;

/// What was seen in a transaction that is reason to run it again, whatever its step returns.
#[derive(Clone, Debug, Default)]
pub struct Noted(Arc<Mutex<Option<Seen>>>);

/// Such a failure.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// What it says.
    pub(crate) why: String,
    /// Whether the server ended a transaction in which nothing was done for too long.
    pub(crate) expired: bool,
}

impl Noted {
    /// Looks for such a failure in an error that a step returned, and in its sources.
    pub fn look_at<E: Describe>(&self, error: &E) {
        let mut next: Option<&(dyn StdError + 'static)> = Some(error.as_std_error());
        while let Some(error) = next {
            if let Some(message) = conflict(error) {
                self.set(message, false);
            }
            next = error.source();
        }
    }

    /// What was seen first.
    pub(crate) fn seen(&self) -> Option<Seen> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, why: String, expired: bool) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get_or_insert(Seen { why, expired });
    }

    /// Looks at an error of this very connection: here a lost connection is one, too.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(in crate::store) fn note(&self, error: &sqlx::Error) {
        if is_conflict(error) || is_loss(error) {
            self.set(error.to_string(), is_expired(error));
        }
    }
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
fn conflict(error: &(dyn StdError + 'static)) -> Option<String> {
    let error = match error.downcast_ref::<Box<sqlx::Error>>() {
        Some(error) => error,
        None => error.downcast_ref::<sqlx::Error>()?,
    };
    is_conflict(error).then(|| error.to_string())
}

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
fn conflict(_: &(dyn StdError + 'static)) -> Option<String> {
    None
}

/// Whether a transaction lost against another one: a deadlock, a serialisation failure, a SQLite
/// file that another connection is writing to.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(in crate::store) fn is_conflict(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let code = error.code().unwrap_or_default();
    #[cfg(feature = "sqlite")]
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        // The low byte of an extended result code is the primary one: BUSY and LOCKED.
        return code
            .parse()
            .is_ok_and(|code: i32| matches!(code & 0xff, 5 | 6));
    }
    matches!(&*code, "40001" | "40P01")
}

/// Whether the connection is gone, or cannot write for now: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(in crate::store) fn is_loss(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            let known = ["25006", "25P03", "57P01", "57P02", "57P03", "57P05"];
            // SQLite has no codes of five characters.
            code.len() == 5 && (code.starts_with("08") || known.contains(&&*code))
        }
        _ => false,
    }
}

/// Whether the server ended a transaction in which nothing was done for longer than it may be.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(in crate::store) fn is_expired(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("25P03")
}
