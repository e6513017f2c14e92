//! What is read, and how a row of the database becomes one of the protocol.

use std::fmt::Display;

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Executor, Row as _};
use uuid::Uuid;

use super::query;
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::id::{Fence, Part, RunId, Seq, WorkerName};
use crate::protocol::run::{RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;
use crate::store::RunFilter;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A run.
pub(super) async fn run<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    run: RunId,
) -> Result<Option<RunRow>> {
    let row = sqlx::query(query::RUN)
        .bind(id(run))
        .fetch_optional(from)
        .await?;
    row.as_ref().map(run_row).transpose()
}

/// The run that has this key.
pub(super) async fn run_by_key<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    saga: &str,
    key: &str,
) -> Result<Option<RunRow>> {
    let row = sqlx::query(query::RUN_BY_KEY)
        .bind(saga)
        .bind(key)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(run_row).transpose()
}

/// Runs in the order of their ids.
pub(super) async fn runs<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    filter: &RunFilter,
) -> Result<Vec<RunRow>> {
    let status = (!filter.status.is_empty())
        .then(|| json(filter.status.iter().map(|status| *status as i64)));
    let query = sqlx::query(match (filter.parent, &filter.saga) {
        (Some(_), _) => query::RUNS_OF_PARENT,
        (None, Some(_)) => query::RUNS_OF_SAGA,
        (None, None) => query::RUNS,
    });
    let query = query
        .bind(beyond(filter.after))
        .bind(status)
        .bind(filter.limit)
        .bind(filter.key_prefix.as_deref())
        .bind(filter.top)
        .bind(filter.started_since.map(|time| time.0))
        .bind(filter.started_before.map(|time| time.0))
        .bind(filter.ended_before.map(|time| time.0));
    let query = match (filter.parent, filter.saga.as_deref()) {
        (Some(parent), saga) => query.bind(id(parent)).bind(saga),
        (None, Some(saga)) => query.bind(saga),
        (None, None) => query,
    };
    query.fetch_all(from).await?.iter().map(run_row).collect()
}

/// Runs of this life of a worker that are to be cancelled, with the reasons.
pub(super) async fn cancelled<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    fence: &Fence,
) -> Result<Vec<(RunId, String)>> {
    let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(query::RUN_CANCELLED)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .fetch_all(from)
        .await?;
    rows.into_iter()
        .map(|(id, reason)| Ok((run_id(&id)?, reason)))
        .collect()
}

/// The row at the place of `like`.
pub(super) async fn row<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    run: RunId,
    like: &CheckpointRow,
) -> Result<Option<CheckpointRow>> {
    let row = sqlx::query(query::ROW)
        .bind(id(run))
        .bind(like.seq.0)
        .bind(&*like.part.0)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(checkpoint_row).transpose()
}

/// The rows with these `seq`s.
pub(super) async fn rows_at<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    run: RunId,
    seqs: &[Seq],
) -> Result<Vec<CheckpointRow>> {
    let seqs = json(seqs.iter().map(|seq| seq.0));
    let rows = sqlx::query(query::ROWS_AT)
        .bind(id(run))
        .bind(seqs)
        .fetch_all(from)
        .await?;
    rows.iter().map(checkpoint_row).collect()
}

/// The rows before `before`, newest first.
pub(super) async fn rows_before<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    run: RunId,
    before: Option<Seq>,
    limit: u32,
) -> Result<Vec<CheckpointRow>> {
    let last = before.map_or(i64::MAX, |before| before.0.saturating_sub(1));
    let rows = sqlx::query(query::ROWS_BEFORE)
        .bind(id(run))
        .bind(last)
        .bind(limit)
        .fetch_all(from)
        .await?;
    rows.iter().map(checkpoint_row).collect()
}

/// Whether there is a run that nobody has.
pub(super) async fn waits<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    now: Timestamp,
) -> Result<bool> {
    let waits = sqlx::query_scalar(query::RUN_WAITS).bind(now.0);
    waits.fetch_one(from).await
}

/// When the next run after `after` is due that nobody has.
pub(super) async fn next_due<'c>(
    from: impl Executor<'c, Database = Sqlite>,
    after: Timestamp,
) -> Result<Option<Timestamp>> {
    let due = sqlx::query_scalar(query::RUN_DUE).bind(after.0);
    Ok(due.fetch_optional(from).await?.map(Timestamp))
}

/// A run's id as it is stored.
pub(super) fn id(run: RunId) -> Vec<u8> {
    run.as_uuid().as_bytes().to_vec()
}

/// The bytes that all ids after `after` are greater than.
pub(super) fn beyond(after: Option<RunId>) -> Vec<u8> {
    after.map_or_else(Vec::new, id)
}

fn run_id(bytes: &[u8]) -> Result<RunId> {
    let id = Uuid::from_slice(bytes).map_err(|_| odd("id", bytes.len()))?;
    Ok(RunId::from_uuid(id))
}

/// The order of columns is the same in every query that gives runs.
pub(super) fn run_row(row: &SqliteRow) -> Result<RunRow> {
    let id: Vec<u8> = row.try_get(0)?;
    let status: i64 = row.try_get(4)?;
    Ok(RunRow {
        id: run_id(&id)?,
        saga: row.try_get(1)?,
        key: row.try_get(2)?,
        input: Stored::from_bytes(row.try_get(3)?),
        status: RunStatus::from_number(status).ok_or_else(|| odd("status", status))?,
        owner: row.try_get::<Option<_>, _>(5)?.map(WorkerName),
        epoch: row.try_get(6)?,
        wake_at: row.try_get::<Option<_>, _>(7)?.map(Timestamp),
        pending_children: row.try_get(8)?,
        cancel: cancel(row.try_get(9)?, row.try_get(17)?),
        seq: Seq(row.try_get(10)?),
        output: stored(row, 11)?,
        failure: stored(row, 12)?,
        created_at: Timestamp(row.try_get(13)?),
        finished_at: row.try_get::<Option<_>, _>(14)?.map(Timestamp),
        parent: row
            .try_get::<Option<Vec<u8>>, _>(15)?
            .map(|id| run_id(&id))
            .transpose()?,
        depth: row.try_get(16)?,
        priority: row.try_get(18)?,
        queue: Some(row.try_get(19)?).filter(|queue: &String| !queue.is_empty()),
        absent: row.try_get(20)?,
        lost: row.try_get(21)?,
    })
}

/// Why a run is to be cancelled, if it is.
fn cancel(asked: bool, reason: Option<String>) -> Option<String> {
    asked.then(|| reason.unwrap_or_default())
}

fn checkpoint_row(row: &SqliteRow) -> Result<CheckpointRow> {
    Ok(CheckpointRow {
        seq: Seq(row.try_get(0)?),
        part: Part(row.try_get(1)?),
        direction: direction(row.try_get(2)?)?,
        kind: kind(row.try_get(3)?)?,
        point: row.try_get(4)?,
        operation: row.try_get(5)?,
        arguments: stored(row, 6)?,
        frame: stored(row, 7)?,
        outcome: stored(row, 8)?,
        created_at: Timestamp(row.try_get(9)?),
    })
}

fn stored(row: &SqliteRow, column: usize) -> Result<Option<Stored>> {
    Ok(row.try_get::<Option<_>, _>(column)?.map(Stored::from_bytes))
}

fn direction(number: i64) -> Result<Direction> {
    let all = [Direction::Forward, Direction::Undo];
    all.into_iter()
        .find(|one| *one as i64 == number)
        .ok_or_else(|| odd("direction", number))
}

fn kind(number: i64) -> Result<RowKind> {
    let all = [
        RowKind::Await,
        RowKind::Attempt,
        RowKind::Turn,
        RowKind::End,
        RowKind::Operator,
        RowKind::Outcome,
    ];
    all.into_iter()
        .find(|one| *one as i64 == number)
        .ok_or_else(|| odd("kind", number))
}

/// A JSON array of texts.
pub(super) fn texts(texts: &[String]) -> String {
    serde_json::json!(texts).to_string()
}

/// A JSON array of ids, as `hex` writes them.
pub(super) fn ids(runs: &[RunId]) -> String {
    let hex = |run: &RunId| format!("{:X}", run.as_uuid().simple());
    texts(&runs.iter().map(hex).collect::<Vec<_>>())
}

fn json(numbers: impl Iterator<Item = i64>) -> String {
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

fn odd(what: &str, value: impl Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("a row has the {what} {value}").into())
}
