//! A transaction as the engine lends it to a step, whatever its database.

use std::fmt;
use std::marker::PhantomData;

use super::{Database, Kind, Noted, Tx};

/// A transaction, or the connection that it is on: made of a `&mut sqlx::Transaction<'_, _>`, a
/// `&mut` connection, or a step's own `&mut Tx<'_, _>`.
pub struct Lent<'t> {
    kind: LentKind<'t>,
    noted: Noted,
}

enum LentKind<'t> {
    #[cfg(feature = "postgres")]
    Postgres(Tx<'t, sqlx::Postgres>),
    #[cfg(feature = "sqlite")]
    Sqlite(Tx<'t, sqlx::Sqlite>),
    /// There is none where there is no database.
    #[expect(dead_code, reason = "for builds without a database")]
    None(PhantomData<&'t mut ()>),
}

/// A transaction that a step took.
pub type Taken<'a, D> = (&'a mut Tx<'a, D>, Noted);

/// Why a step has no transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it wants.
    pub wanted: Database,
    /// What there is.
    pub found: Option<Database>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.found {
            None => write!(
                f,
                "wants a transaction of {}, and there is none",
                self.wanted
            ),
            Some(found) => write!(
                f,
                "wants a transaction of {}, and there is one of {found}",
                self.wanted
            ),
        }
    }
}

impl<'t> Lent<'t> {
    /// Takes what was lent as a transaction of this database.
    ///
    /// # Errors
    /// When nothing was lent, or a transaction of another database.
    pub fn take<'a, D: Kind>(lent: Option<&'a mut Lent<'a>>) -> Result<Taken<'a, D>, Missing> {
        let missing = |found| Missing {
            wanted: D::DATABASE,
            found,
        };
        let lent = lent.ok_or_else(|| missing(None))?;
        let (found, noted) = (lent.database(), lent.noted.clone());
        match D::of(lent) {
            Some(tx) => Ok((tx, noted)),
            None => Err(missing(found)),
        }
    }

    /// The same, lent on for a shorter time.
    #[must_use]
    pub fn again(&mut self) -> Lent<'_> {
        let kind = match &mut self.kind {
            #[cfg(feature = "postgres")]
            LentKind::Postgres(tx) => return Lent::from(tx),
            #[cfg(feature = "sqlite")]
            LentKind::Sqlite(tx) => return Lent::from(tx),
            LentKind::None(_) => LentKind::None(PhantomData),
        };
        Lent {
            kind,
            noted: self.noted.clone(),
        }
    }

    /// The kind of its database.
    #[must_use]
    pub const fn database(&self) -> Option<Database> {
        match self.kind {
            #[cfg(feature = "postgres")]
            LentKind::Postgres(_) => Some(Database::Postgres),
            #[cfg(feature = "sqlite")]
            LentKind::Sqlite(_) => Some(Database::Sqlite),
            LentKind::None(_) => None,
        }
    }

    /// What was seen in it.
    #[must_use]
    pub fn noted(&self) -> Noted {
        self.noted.clone()
    }

    #[cfg(feature = "postgres")]
    pub(super) const fn postgres<'a>(&'a mut self) -> Option<&'a mut Tx<'t, sqlx::Postgres>> {
        match &mut self.kind {
            LentKind::Postgres(tx) => Some(tx),
            _ => None,
        }
    }

    #[cfg(feature = "sqlite")]
    pub(super) const fn sqlite<'a>(&'a mut self) -> Option<&'a mut Tx<'t, sqlx::Sqlite>> {
        match &mut self.kind {
            LentKind::Sqlite(tx) => Some(tx),
            _ => None,
        }
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lent").field(&self.database()).finish()
    }
}

/// What a transaction of this database can be lent from.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! lent_from {
    ($database:ident, $connection:ty) => {
        impl<'t> From<&'t mut $connection> for Lent<'t> {
            fn from(connection: &'t mut $connection) -> Self {
                let noted = Noted::default();
                Self {
                    kind: LentKind::$database(Tx::new(connection, noted.clone())),
                    noted,
                }
            }
        }

        impl<'t> From<&'t mut sqlx::Transaction<'_, sqlx::$database>> for Lent<'t> {
            fn from(transaction: &'t mut sqlx::Transaction<'_, sqlx::$database>) -> Self {
                Self::from(&mut **transaction)
            }
        }

        impl<'t> From<&'t mut sqlx::pool::PoolConnection<sqlx::$database>> for Lent<'t> {
            fn from(connection: &'t mut sqlx::pool::PoolConnection<sqlx::$database>) -> Self {
                Self::from(&mut **connection)
            }
        }

        impl<'t> From<&'t mut Tx<'_, sqlx::$database>> for Lent<'t> {
            fn from(tx: &'t mut Tx<'_, sqlx::$database>) -> Self {
                let (connection, noted) = tx.parts();
                Self {
                    kind: LentKind::$database(Tx::new(connection, noted.clone())),
                    noted,
                }
            }
        }
    };
}

#[cfg(feature = "postgres")]
lent_from!(Postgres, sqlx::PgConnection);

#[cfg(feature = "sqlite")]
lent_from!(Sqlite, sqlx::SqliteConnection);
