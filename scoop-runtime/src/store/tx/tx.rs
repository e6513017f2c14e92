//! What a step gets: the connection of its transaction, and nothing with which it could end it.

use std::fmt;

use super::{Database, Lent, Noted};

/// The transaction of a step: what the step writes with it takes effect exactly once, together with
/// what the step returns.
///
/// `&mut *tx` is an executor: `sqlx::query("..").execute(&mut *tx).await?`. The engine commits when
/// the step returns `Ok`, and rolls back when it returns `Err`, panics or runs out of time. A
/// deadlock or a serialisation failure is not the step's `Err`: the step is run again.
pub struct Tx<'t, D: Kind> {
    connection: &'t mut D::Connection,
    noted: Noted,
}

/// A database whose transactions steps can take part in: `Postgres` or `Sqlite`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database that a saga's store can be in",
    label = "a transaction of a step is a `Tx<'_, Postgres>` or a `Tx<'_, Sqlite>`",
    note = "for another database take its pool as a `Resource<..>`, and put `idempotency_key()` into what is written"
)]
pub trait Kind: sealed::Sealed + Send + Sync + Sized + 'static {
    /// Which one.
    const DATABASE: Database;

    /// A connection to it.
    type Connection: Send;

    /// The transaction, if it is one of this kind.
    #[doc(hidden)]
    fn of<'a, 't>(lent: &'a mut Lent<'t>) -> Option<&'a mut Tx<'t, Self>>;
}

mod sealed {
    pub trait Sealed {}

    #[cfg(feature = "postgres")]
    impl Sealed for sqlx::Postgres {}

    #[cfg(feature = "sqlite")]
    impl Sealed for sqlx::Sqlite {}
}

#[cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(dead_code, reason = "there is no transaction without a database")
)]
impl<'t, D: Kind> Tx<'t, D> {
    pub(super) const fn new(connection: &'t mut D::Connection, noted: Noted) -> Self {
        Self { connection, noted }
    }

    pub(super) fn parts(&mut self) -> (&mut D::Connection, Noted) {
        (self.connection, self.noted.clone())
    }

    /// The connection, for what is no query: a savepoint (`tx.connection().begin()`), `COPY`, or a
    /// function that wants it. The transaction on it is not to be ended.
    pub const fn connection(&mut self) -> &mut D::Connection {
        self.connection
    }
}

impl<D: Kind> fmt::Debug for Tx<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tx<{}>", D::DATABASE)
    }
}

/// Makes one kind of database: its connection, and an executor that notes what has to be repeated.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
macro_rules! kind {
    ($database:ident, $method:ident, $connection:ty) => {
        impl Kind for sqlx::$database {
            const DATABASE: Database = Database::$database;
            type Connection = $connection;

            fn of<'a, 't>(lent: &'a mut Lent<'t>) -> Option<&'a mut Tx<'t, Self>> {
                lent.$method()
            }
        }

        impl<'c> sqlx::Executor<'c> for &'c mut Tx<'_, sqlx::$database> {
            type Database = sqlx::$database;

            fn fetch_many<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxStream<'e, Result<Either<Done<Self::Database>, Row<Self::Database>>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + sqlx::Execute<'q, Self::Database>,
            {
                let Tx { connection, noted } = self;
                let rows = sqlx::Executor::fetch_many(&mut **connection, query);
                Box::pin(rows.inspect_err(|error| noted.note(error)))
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<Row<Self::Database>>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + sqlx::Execute<'q, Self::Database>,
            {
                let Tx { connection, noted } = self;
                let row = sqlx::Executor::fetch_optional(&mut **connection, query);
                Box::pin(async move { row.await.inspect_err(|error| noted.note(error)) })
            }

            fn describe<'e>(
                self,
                sql: SqlStr,
            ) -> BoxFuture<'e, Result<sqlx::Describe<Self::Database>, sqlx::Error>>
            where
                'c: 'e,
            {
                sqlx::Executor::describe(&mut *self.connection, sql)
            }

            fn prepare_with<'e>(
                self,
                sql: SqlStr,
                parameters: &'e [<Self::Database as sqlx::Database>::TypeInfo],
            ) -> BoxFuture<'e, Result<<Self::Database as sqlx::Database>::Statement, sqlx::Error>>
            where
                'c: 'e,
            {
                sqlx::Executor::prepare_with(&mut *self.connection, sql, parameters)
            }
        }
    };
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod executor {
    //! Both kinds.

    use futures_core::stream::BoxStream;
    use futures_util::TryStreamExt as _;
    use sqlx::{Either, SqlStr};

    use super::{Database, Kind, Lent, Tx};
    use crate::environment::BoxFuture;

    type Done<D> = <D as sqlx::Database>::QueryResult;
    type Row<D> = <D as sqlx::Database>::Row;

    #[cfg(feature = "postgres")]
    kind!(Postgres, postgres, sqlx::PgConnection);

    #[cfg(feature = "sqlite")]
    kind!(Sqlite, sqlite, sqlx::SqliteConnection);
}
