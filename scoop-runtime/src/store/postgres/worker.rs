//! The lives of workers, and the runs they take.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnection;

use super::{query, read};
use crate::protocol::id::{Fence, RunId, WorkerName};
use crate::protocol::run::RunRow;
use crate::store::Claim;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Begins a life; the answer is its epoch, or for how long the life before may still last.
pub(super) async fn attach(
    connection: &mut PgConnection,
    worker: &WorkerName,
    lease: Duration,
) -> Result<std::result::Result<i64, Duration>> {
    let epoch: Option<i64> = sqlx::query_scalar(query::WORKER_ATTACH)
        .bind(&*worker.0)
        .bind(lease.as_secs_f64())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(epoch) = epoch {
        return Ok(Ok(epoch));
    }
    let left: Option<f64> = sqlx::query_scalar(query::WORKER_LEFT)
        .bind(&*worker.0)
        .fetch_optional(connection)
        .await?;
    let left = Duration::try_from_secs_f64(left.unwrap_or_default());
    Ok(Err(left.unwrap_or_default()))
}

/// Whether the worker still lives.
pub(super) async fn heartbeat(
    connection: &mut PgConnection,
    fence: &Fence,
    lease: Duration,
) -> Result<bool> {
    let lives: Option<bool> = sqlx::query_scalar(query::WORKER_HEARTBEAT)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(lease.as_secs_f64())
        .fetch_optional(connection)
        .await?;
    Ok(lives.is_some())
}

/// Ends a life.
pub(super) async fn detach(connection: &mut PgConnection, fence: &Fence) -> Result<()> {
    sqlx::query(query::WORKER_DETACH)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .execute(connection)
        .await
        .map(drop)
}

/// Declares workers dead and takes runs; nothing where this worker is dead itself.
pub(super) async fn claim(
    pool: &PgPool,
    fence: &Fence,
    claim: &Claim,
) -> Result<Option<Vec<RunRow>>> {
    let dead: Vec<String> = sqlx::query_scalar(query::WORKER_BURY)
        .bind(&*fence.worker.0)
        .bind(claim.sagas.as_deref())
        .fetch_all(pool)
        .await?;
    for worker in dead {
        tracing::warn!(
            worker,
            "a worker is dead: its lease is over; its runs are taken over"
        );
    }
    let rows = sqlx::query(query::RUN_CLAIM)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(claim.sagas.as_deref())
        .bind(i64::from(claim.limit))
        .bind(claim.except.iter().map(RunId::as_uuid).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let claimed = rows.iter().filter(|row| {
        let id = sqlx::Row::try_get::<Option<uuid::Uuid>, _>(*row, 0);
        !matches!(id, Ok(None))
    });
    claimed.map(read::run_row).collect::<Result<_>>().map(Some)
}
