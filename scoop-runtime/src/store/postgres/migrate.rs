//! Brings the schema up to date, in one transaction and under a lock that ends with it, so that
//! many processes may start at once, behind a transaction-pooling proxy, too.

use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::query;
use super::session::Session;

/// One step of the schema. Its SQL writes down its own version, so that an administrator can run
/// it by hand.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts up from 1.
    pub version: i64,
    /// What it is about.
    pub name: &'static str,
    /// What to execute, in one transaction.
    pub sql: &'static str,
}

/// All steps, oldest first. Released ones are never edited.
///
/// A newer program may run beside the one before it: a migration only adds (`oldest` in the table of
/// migrations stays), and what is no longer used is taken away a release later (`oldest` goes up).
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "runs",
        sql: include_str!("migrations/0001_runs.sql"),
    },
    Migration {
        version: 2,
        name: "outcomes",
        sql: include_str!("migrations/0002_outcomes.sql"),
    },
    Migration {
        version: 3,
        name: "children",
        sql: include_str!("migrations/0003_children.sql"),
    },
    Migration {
        version: 4,
        name: "finished",
        sql: include_str!("migrations/0004_finished.sql"),
    },
    Migration {
        version: 5,
        name: "cancel",
        sql: include_str!("migrations/0005_cancel.sql"),
    },
    Migration {
        version: 6,
        name: "dormant",
        sql: include_str!("migrations/0006_dormant.sql"),
    },
    Migration {
        version: 7,
        name: "claims",
        sql: include_str!("migrations/0007_claims.sql"),
    },
    Migration {
        version: 8,
        name: "requeue",
        sql: include_str!("migrations/0008_requeue.sql"),
    },
    Migration {
        version: 9,
        name: "ended",
        sql: include_str!("migrations/0009_ended.sql"),
    },
    Migration {
        version: 10,
        name: "parents",
        sql: include_str!("migrations/0010_parents.sql"),
    },
    Migration {
        version: 11,
        name: "wake",
        sql: include_str!("migrations/0011_wake.sql"),
    },
];

/// `scoop`, in ASCII.
const LOCK: i64 = 0x73_63_6f_6f_70;

/// The schema needs a program that knows a newer version.
#[derive(Debug)]
pub(super) struct Newer {
    pub(super) found: i64,
    pub(super) known: i64,
}

/// Applies what is missing. Locks and writes nothing where nothing is.
pub(super) async fn migrate(
    session: &mut Session<'_>,
    migrations: &[Migration],
) -> Result<Result<(), Newer>, sqlx::Error> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    match missing(session, known).await? {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(Ok(())),
        Err(newer) => return Ok(Err(newer)),
    }
    let mut transaction = session.connection.begin().await?;
    let mut inner = Session {
        connection: &mut transaction,
        kept: session.kept,
    };
    let lock = inner.statement(query::MIGRATION_LOCK).bind(LOCK);
    lock.execute(&mut *inner.connection).await?;
    // Somebody may have been faster.
    let found = match missing(&mut inner, known).await? {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Ok(())),
        Err(newer) => return Ok(Err(newer)),
    };
    for migration in migrations.iter().filter(|one| one.version > found) {
        tracing::info!(
            version = migration.version,
            name = migration.name,
            "migrating"
        );
        sqlx::raw_sql(AssertSqlSafe(migration.sql))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(Ok(()))
}

/// The version from which on migrations are missing; nothing where none is.
async fn missing(
    session: &mut Session<'_>,
    known: i64,
) -> Result<Result<Option<i64>, Newer>, sqlx::Error> {
    let exists = session.statement(query::MIGRATION_KNOWN);
    let row = exists.fetch_one(&mut *session.connection).await?;
    if !row.try_get::<bool, _>(0)? {
        return Ok(Ok(Some(0)));
    }
    let version = session.statement(query::MIGRATION_VERSION);
    let row = version.fetch_one(&mut *session.connection).await?;
    let (found, oldest): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if oldest > known {
        return Ok(Err(Newer { found, known }));
    }
    Ok(Ok((found < known).then_some(found)))
}

/// Says so where tables that are made without naming a schema would be made in the engine's: a role
/// that is named `scoop` has it in front.
pub(super) async fn warn_of_front(session: &mut Session<'_>) -> Result<(), sqlx::Error> {
    if is_in_front(session).await? {
        tracing::warn!(
            "the first schema of the `search_path` is `scoop`, which is the engine's: tables of the \
             application that name no schema are made and looked for there; connect as another role, \
             or `alter role .. set search_path = public`"
        );
    }
    Ok(())
}

pub(super) async fn is_in_front(session: &mut Session<'_>) -> Result<bool, sqlx::Error> {
    let front = session.statement(query::SCHEMA_FRONT);
    let row = front.fetch_one(&mut *session.connection).await?;
    row.try_get(0)
}
