//! Brings the schema of a file up to date. The versions are in a table of our own, so that the
//! application's migrations and ours never meet.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};

use super::{StoreError, trouble};

/// The migrations; the version of each is its place, from 1.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_runs.sql")];

/// Applies what is missing, each migration in a transaction.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    apply(connection).await.map_err(|error| trouble(&error))?
}

async fn apply(connection: &mut SqliteConnection) -> Result<Result<(), StoreError>, sqlx::Error> {
    connection
        .execute(
            "create table if not exists scoop_migration (version integer primary key not null)",
        )
        .await?;
    let found: i64 = sqlx::query_scalar("select coalesce(max(version), 0) from scoop_migration")
        .fetch_one(&mut *connection)
        .await?;
    let known = i64::try_from(MIGRATIONS.len()).expect("there are few migrations");
    if found > known {
        return Ok(Err(StoreError::NewerSchema { found, known }));
    }
    for version in found + 1..=known {
        let mut transaction = connection.begin_with("begin immediate").await?;
        let index = usize::try_from(version - 1).expect("versions count from 1");
        transaction.execute(MIGRATIONS[index]).await?;
        sqlx::query("insert into scoop_migration (version) values (?1)")
            .bind(version)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(Ok(()))
}
