//! Brings the schema up to date, in one transaction. The version is in a table of our own, so that
//! the application's tables and its own migrations can live in the same file.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::query;

/// One step of the schema.
#[derive(Clone, Copy)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

/// All steps, oldest first. Released ones are never edited.
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
        name: "ended",
        sql: include_str!("migrations/0008_ended.sql"),
    },
    Migration {
        version: 9,
        name: "parents",
        sql: include_str!("migrations/0009_parents.sql"),
    },
];

/// The version found is newer than the newest known one.
pub(super) struct Newer {
    pub(super) found: i64,
    pub(super) known: i64,
}

/// Applies what is missing. Writes nothing where nothing is.
pub(super) async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<Result<(), Newer>, sqlx::Error> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    let found = version(connection).await?;
    if found > known {
        return Ok(Err(Newer { found, known }));
    }
    if found < known {
        connection.execute("begin immediate").await?;
        connection.execute(query::MIGRATION_TABLE).await?;
        for migration in migrations
            .iter()
            .filter(|migration| migration.version > found)
        {
            apply(connection, migration).await?;
        }
        connection.execute("commit").await?;
    }
    Ok(Ok(()))
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(query::MIGRATION_KNOWN)
        .fetch_one(&mut *connection)
        .await?;
    if tables == 0 {
        return Ok(0);
    }
    sqlx::query_scalar(query::MIGRATION_VERSION)
        .fetch_one(connection)
        .await
}

async fn apply(
    connection: &mut SqliteConnection,
    migration: &Migration,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(migration.sql))
        .execute(&mut *connection)
        .await?;
    sqlx::query(query::MIGRATION_APPLIED)
        .bind(migration.version)
        .bind(migration.name)
        .execute(connection)
        .await?;
    Ok(())
}
