//! What PostgreSQL's errors mean for whoever called: try again, never again, or not at all.

use sqlx::postgres::PgDatabaseError;

use crate::store::StoreError;

/// Puts an error of the database into the words of the store.
pub(super) fn translate(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let detail = database
                .try_downcast_ref::<PgDatabaseError>()
                .and_then(PgDatabaseError::detail);
            let message = match detail {
                Some(detail) => format!("PostgreSQL: {database}: {detail} ({code})"),
                None => format!("PostgreSQL: {database} ({code})"),
            };
            of_code(&code, message)
        }
        sqlx::Error::PoolClosed => closed(),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. } => {
            StoreError::Damaged(format!("PostgreSQL: {error}"))
        }
        sqlx::Error::Encode(_) => StoreError::Refused(error.to_string()),
        sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) | sqlx::Error::InvalidArgument(_) => {
            StoreError::Unusable(format!("PostgreSQL: {error}"))
        }
        _ => StoreError::Unavailable(format!("PostgreSQL: {error}")),
    }
}

/// Whether the connection can be used after this error.
pub(super) fn spares_connection(error: &sqlx::Error) -> bool {
    match error {
        // Severities above `ERROR` end the session; the statements of `0A000` and `26000` have to be
        // prepared again.
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            !matches!(
                &code[..2.min(code.len())],
                "57" | "08" | "0A" | "26" | "25" | "XX"
            )
        }
        sqlx::Error::RowNotFound
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::Encode(_) => true,
        _ => false,
    }
}

/// The same for a server that was never reached: a certificate that is wrong will not get better.
pub(super) fn first(error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => {
            StoreError::Unusable(format!("PostgreSQL: no encrypted connection: {io}"))
        }
        _ => translate(error),
    }
}

/// Says what is wrong with the URL, but not the URL, which may hold a password.
pub(super) fn url(error: &sqlx::Error) -> StoreError {
    StoreError::Unusable(format!(
        "the URL is not one of PostgreSQL ({error}); it looks like \
         `postgres://user:password@host:5432/database`"
    ))
}

/// What a call on a closed store answers.
pub(super) fn closed() -> StoreError {
    StoreError::Unusable("the PostgreSQL store is closed".to_owned())
}

/// What a call answers that took too long.
pub(super) fn silent() -> StoreError {
    StoreError::Unavailable("PostgreSQL: the server does not answer".to_owned())
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_code(code: &str, message: String) -> StoreError {
    match (code.get(..2).unwrap_or_default(), code) {
        // Data, constraints, and limits such as the length of an indexed text.
        ("22" | "23" | "54", _) => StoreError::Refused(message),
        // A server that starts, ends, recovers or was made a standby; or somebody else's prepared
        // statement, behind a proxy.
        (_, "42P05" | "25006" | "57P01" | "57P02" | "57P03" | "57P05" | "57014") => {
            StoreError::Unavailable(message)
        }
        // Connection, deadlock and serialisation, resources, locks, the system, statements that have
        // to be prepared again.
        ("08" | "40" | "53" | "55" | "58" | "0A" | "26" | "25" | "XX", _) => {
            StoreError::Unavailable(message)
        }
        (_, "42501") => StoreError::Unusable(format!(
            "{message}; if the tables are missing, a database administrator can make them: \
             `cargo xtask migrations` and `PostgresStore::migrations()` print how"
        )),
        _ => StoreError::Unusable(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_to_try_again() {
        for code in [
            "08006", "40001", "40P01", "53300", "53100", "57P01", "25006", "55P03",
        ] {
            assert!(of_code(code, String::new()).is_temporary(), "{code}");
        }
        for code in ["22021", "22P05", "23505", "54000"] {
            let error = of_code(code, String::new());
            assert!(matches!(error, StoreError::Refused(_)), "{code}");
        }
        for code in ["28P01", "3D000", "42501", "42P01", ""] {
            let error = of_code(code, String::new());
            assert!(matches!(error, StoreError::Unusable(_)), "{code}");
        }
    }
}
