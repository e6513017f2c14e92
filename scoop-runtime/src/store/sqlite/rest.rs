//! Runs that wait for others: given up, and due when one of those ends.

use sqlx::sqlite::SqliteConnection;

use super::{query, read};
use crate::protocol::id::{Fence, RunId};
use crate::store::{Rest, Rested};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Gives a run up. Nothing is written where it is not to be.
pub(super) async fn rest(
    connection: &mut SqliteConnection,
    fence: &Fence,
    rest: &Rest,
) -> Result<Rested> {
    let found: Option<(Option<bool>, bool)> = sqlx::query_as(query::RUN_RESTS)
        .bind(read::id(rest.run))
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(rest.unless_cancelled)
        .fetch_optional(&mut *connection)
        .await?;
    let Some((Some(true), may_rest)) = found else {
        return Ok(Rested::Left);
    };
    if !may_rest || !all_active(connection, &rest.below).await? {
        return Ok(Rested::Kept);
    }
    for run in &rest.below {
        let mark = sqlx::query(query::RUN_MARK).bind(read::id(*run));
        mark.execute(&mut *connection).await?;
    }
    sqlx::query(query::RUN_REST)
        .bind(read::id(rest.run))
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(rest.until.0)
        .bind(i64::try_from(rest.below.len()).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(Rested::Left)
}

async fn all_active(connection: &mut SqliteConnection, runs: &[RunId]) -> Result<bool> {
    for run in runs {
        let active = sqlx::query_scalar(query::RUN_ACTIVE).bind(read::id(*run));
        if !active.fetch_one(&mut *connection).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a run due, since then, where it is nobody's. Whether it was.
pub(super) async fn wake(
    connection: &mut SqliteConnection,
    above: Vec<u8>,
    since: i64,
) -> Result<bool> {
    let wake = sqlx::query(query::RUN_WAKE).bind(above).bind(since);
    Ok(wake.execute(connection).await?.rows_affected() == 1)
}
