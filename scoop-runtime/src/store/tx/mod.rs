//! Transactions of the store's own database that steps take part in: what a step writes, what
//! became of it and the checkpoint it stands at are one commit.

mod lent;
mod noted;
mod started;
#[expect(clippy::module_inception, reason = "the noun is the same")]
mod tx;
mod work;

use std::fmt;

#[cfg(feature = "postgres")]
pub use sqlx::Postgres;
#[cfg(feature = "sqlite")]
pub use sqlx::Sqlite;

pub use self::lent::{Lent, Missing, Taken};
pub use self::noted::Noted;
pub(crate) use self::noted::Seen;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(in crate::store) use self::noted::is_conflict;
#[cfg(feature = "postgres")]
pub(in crate::store) use self::noted::{is_expired, is_loss};
pub(crate) use self::started::Started;
pub use self::tx::{Kind, Tx};
pub use self::work::{Transacted, Verdict, Work};

/// A kind of database that steps can take part in the transactions of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl Database {
    /// The name of the stores of this kind.
    #[must_use]
    pub const fn store(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// Whether others can write while a transaction is under way that writes.
    pub(crate) const fn writes_beside(self) -> bool {
        match self {
            Self::Postgres => true,
            Self::Sqlite => false,
        }
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// The connections that steps use, where the application has a pool of its own.
#[derive(Clone, Debug)]
pub enum StepPool {
    /// To a PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    /// To a SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
}

impl StepPool {
    /// The kind of database that it leads to.
    #[must_use]
    #[cfg_attr(
        not(any(feature = "postgres", feature = "sqlite")),
        expect(clippy::uninhabited_references)
    )]
    pub const fn database(&self) -> Database {
        match *self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Database::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Database::Sqlite,
        }
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::PgPool> for StepPool {
    fn from(pool: sqlx::PgPool) -> Self {
        Self::Postgres(pool)
    }
}

#[cfg(feature = "sqlite")]
impl From<sqlx::SqlitePool> for StepPool {
    fn from(pool: sqlx::SqlitePool) -> Self {
        Self::Sqlite(pool)
    }
}
