//! From rows of SQLite to rows of the protocol.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::StoreError;
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::id::{Part, RunId, Seq, WorkerName};
use crate::protocol::run::{RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;

/// Reads all rows; one that makes no sense is an error of its own kind.
pub(super) fn all<T>(
    rows: &[SqliteRow],
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, StoreError> {
    rows.iter()
        .map(|row| read(row).map_err(|error| StoreError::Damaged(error.to_string())))
        .collect()
}

/// A row of `scoop_run`.
pub(super) fn run(row: &SqliteRow) -> Result<RunRow, sqlx::Error> {
    let id: Vec<u8> = row.try_get("id")?;
    let id = Uuid::from_slice(&id).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let status: i64 = row.try_get("status")?;
    Ok(RunRow {
        id: RunId::from_uuid(id),
        saga: row.try_get("saga")?,
        key: row.try_get("key")?,
        input: Stored::from_bytes(row.try_get("input")?),
        status: RunStatus::from_number(status).ok_or_else(|| unknown("status", status))?,
        owner: row.try_get::<Option<String>, _>("owner")?.map(WorkerName),
        epoch: row.try_get("epoch")?,
        wake_at: row.try_get::<Option<i64>, _>("wake_at")?.map(Timestamp),
        pending_children: row.try_get("pending_children")?,
        cancel: row.try_get("cancel")?,
        seq: Seq(row.try_get("seq")?),
        output: stored(row, "output")?,
        failure: stored(row, "failure")?,
        created_at: Timestamp(row.try_get("created_at")?),
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(Timestamp),
    })
}

/// A row of `scoop_checkpoint`.
pub(super) fn checkpoint(row: &SqliteRow) -> Result<CheckpointRow, sqlx::Error> {
    let (direction, kind): (i64, i64) = (row.try_get("direction")?, row.try_get("kind")?);
    Ok(CheckpointRow {
        seq: Seq(row.try_get("seq")?),
        part: Part(row.try_get("part")?),
        direction: match direction {
            1 => Direction::Forward,
            2 => Direction::Undo,
            other => return Err(unknown("direction", other)),
        },
        kind: match kind {
            1 => RowKind::Await,
            2 => RowKind::Attempt,
            3 => RowKind::Turn,
            4 => RowKind::End,
            5 => RowKind::Operator,
            other => return Err(unknown("kind", other)),
        },
        point: row.try_get("point")?,
        operation: row.try_get("operation")?,
        arguments: stored(row, "arguments")?,
        frame: stored(row, "frame")?,
        outcome: stored(row, "outcome")?,
        created_at: Timestamp(row.try_get("created_at")?),
    })
}

fn stored(row: &SqliteRow, column: &str) -> Result<Option<Stored>, sqlx::Error> {
    Ok(row
        .try_get::<Option<Vec<u8>>, _>(column)?
        .map(Stored::from_bytes))
}

fn unknown(what: &str, number: i64) -> sqlx::Error {
    sqlx::Error::Decode(format!("{what} {number} is unknown").into())
}
