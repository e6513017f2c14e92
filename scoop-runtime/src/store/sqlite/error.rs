//! What SQLite's errors mean for whoever called: try again, never again, or not at all.

use std::path::Path;

use super::lock;
use crate::store::StoreError;

/// The same of the first connection: SQLite does not say why it cannot open a file.
pub(super) fn opening(path: &Path, error: &sqlx::Error) -> StoreError {
    let refusal = match error {
        sqlx::Error::Database(database) if code(&**database) & 0xff == CANTOPEN => {
            lock::refusal(path)
        }
        _ => None,
    };
    refusal.unwrap_or_else(|| translate(path, error))
}

/// Puts an error of the database into the words of the store.
pub(super) fn translate(path: &Path, error: &sqlx::Error) -> StoreError {
    let path = path.display();
    match error {
        sqlx::Error::Database(database) => of_code(
            code(&**database),
            &format!("SQLite file `{path}`: {}", database.message()),
        ),
        sqlx::Error::PoolClosed => closed(),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
            StoreError::Unavailable(format!("SQLite file `{path}`: {error}"))
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            StoreError::Damaged(format!("SQLite file `{path}`: {error}"))
        }
        sqlx::Error::Encode(_) => StoreError::Refused(error.to_string()),
        _ => StoreError::Unusable(format!("SQLite file `{path}`: {error}")),
    }
}

fn code(error: &dyn sqlx::error::DatabaseError) -> i32 {
    let code = error.code().and_then(|code| code.parse().ok());
    code.unwrap_or(0)
}

/// What a call on a closed store answers.
pub(super) fn closed() -> StoreError {
    StoreError::Unusable("the SQLite store is closed".to_owned())
}

/// The low byte of an extended result code is the primary one.
fn of_code(code: i32, message: &str) -> StoreError {
    match code & 0xff {
        BUSY | LOCKED | NOMEM | INTERRUPT | IOERR | FULL | CANTOPEN | PROTOCOL => {
            StoreError::Unavailable(message.to_owned())
        }
        TOOBIG | CONSTRAINT | MISMATCH => StoreError::Refused(message.to_owned()),
        _ => StoreError::Unusable(message.to_owned()),
    }
}

// https://www.sqlite.org/rescode.html
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
const INTERRUPT: i32 = 9;
const IOERR: i32 = 10;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const TOOBIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const MISMATCH: i32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_count_as_their_primary_one() {
        for code in [BUSY, 517, FULL, 778, 6410] {
            assert!(of_code(code, "").is_temporary(), "{code}");
        }
        for code in [TOOBIG, CONSTRAINT, 2067, 275] {
            assert!(
                matches!(of_code(code, ""), StoreError::Refused(_)),
                "{code}"
            );
        }
        for code in [8, 11, 26, 1] {
            assert!(
                matches!(of_code(code, ""), StoreError::Unusable(_)),
                "{code}"
            );
        }
    }
}
