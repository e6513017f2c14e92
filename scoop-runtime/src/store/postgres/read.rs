//! What is read, and how a row of the database becomes one of the protocol.

use std::fmt::Display;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::query;
use super::session::Session;
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::id::{Fence, Part, RunId, Seq, WorkerName};
use crate::protocol::run::{RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;
use crate::store::RunFilter;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A run.
pub(super) async fn run(session: &mut Session<'_>, run: RunId) -> Result<Option<RunRow>> {
    let row = session
        .statement(query::RUN)
        .bind(run.as_uuid())
        .fetch_optional(&mut *session.connection)
        .await?;
    row.as_ref().map(run_row).transpose()
}

/// When the next run after `after` is due that nobody has.
pub(super) async fn next_due(
    session: &mut Session<'_>,
    after: Timestamp,
) -> Result<Option<Timestamp>> {
    let row = session
        .statement(query::RUN_DUE)
        .bind(after.0)
        .fetch_optional(&mut *session.connection)
        .await?;
    row.map(|row| row.try_get(0).map(Timestamp)).transpose()
}

/// The run that has this key.
pub(super) async fn run_by_key(
    session: &mut Session<'_>,
    saga: &str,
    key: &str,
) -> Result<Option<RunRow>> {
    let row = session
        .statement(query::RUN_BY_KEY)
        .bind(saga)
        .bind(key)
        .fetch_optional(&mut *session.connection)
        .await?;
    row.as_ref().map(run_row).transpose()
}

/// Runs in the order of their ids.
pub(super) async fn runs(session: &mut Session<'_>, filter: &RunFilter) -> Result<Vec<RunRow>> {
    let status: Option<Vec<i16>> = (!filter.status.is_empty())
        .then(|| filter.status.iter().map(|status| *status as i16).collect());
    let query = session.statement(match (filter.parent, &filter.saga) {
        (Some(_), _) => query::RUNS_OF_PARENT,
        (None, Some(_)) => query::RUNS_OF_SAGA,
        (None, None) => query::RUNS,
    });
    let query = query
        .bind(filter.after.map(|run| run.as_uuid()))
        .bind(status)
        .bind(i64::from(filter.limit))
        .bind(filter.key_prefix.as_deref())
        .bind(filter.top)
        .bind(filter.started_since.map(|time| time.0))
        .bind(filter.started_before.map(|time| time.0))
        .bind(filter.ended_before.map(|time| time.0));
    let query = match (filter.parent, filter.saga.as_deref()) {
        (Some(parent), saga) => query.bind(parent.as_uuid()).bind(saga),
        (None, Some(saga)) => query.bind(saga),
        (None, None) => query,
    };
    query
        .fetch_all(&mut *session.connection)
        .await?
        .iter()
        .map(run_row)
        .collect()
}

/// Runs of this life of a worker that are to be cancelled, with the reasons.
pub(super) async fn cancelled(
    session: &mut Session<'_>,
    fence: &Fence,
) -> Result<Vec<(RunId, String)>> {
    let rows = session
        .statement(query::RUN_CANCELLED)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .fetch_all(&mut *session.connection)
        .await?;
    rows.iter()
        .map(|row| Ok((RunId::from_uuid(row.try_get(0)?), row.try_get(1)?)))
        .collect()
}

/// The rows with these `seq`s.
pub(super) async fn rows_at(
    session: &mut Session<'_>,
    run: RunId,
    seqs: &[Seq],
) -> Result<Vec<CheckpointRow>> {
    let seqs: Vec<i64> = seqs.iter().map(|seq| seq.0).collect();
    let rows = session
        .statement(query::ROWS_AT)
        .bind(run.as_uuid())
        .bind(seqs)
        .fetch_all(&mut *session.connection)
        .await?;
    rows.iter().map(checkpoint_row).collect()
}

/// The rows before `before`, newest first.
pub(super) async fn rows_before(
    session: &mut Session<'_>,
    run: RunId,
    before: Option<Seq>,
    limit: u32,
) -> Result<Vec<CheckpointRow>> {
    let last = before.map_or(i64::MAX, |before| before.0.saturating_sub(1));
    let rows = session
        .statement(query::ROWS_BEFORE)
        .bind(run.as_uuid())
        .bind(last)
        .bind(i64::from(limit))
        .fetch_all(&mut *session.connection)
        .await?;
    rows.iter().map(checkpoint_row).collect()
}

/// The order of columns is the same in every query that gives runs.
pub(super) fn run_row(row: &PgRow) -> Result<RunRow> {
    let status: i16 = row.try_get(4)?;
    Ok(RunRow {
        id: RunId::from_uuid(row.try_get(0)?),
        saga: row.try_get(1)?,
        key: row.try_get(2)?,
        input: Stored::from_bytes(row.try_get(3)?),
        status: RunStatus::from_number(status.into()).ok_or_else(|| odd("status", status))?,
        owner: row.try_get::<Option<_>, _>(5)?.map(WorkerName),
        epoch: row.try_get(6)?,
        wake_at: row.try_get::<Option<_>, _>(7)?.map(Timestamp),
        pending_children: row.try_get(8)?,
        cancel: cancel(row.try_get(9)?, row.try_get(16)?),
        output: stored(row, 10)?,
        failure: stored(row, 11)?,
        created_at: Timestamp(row.try_get(12)?),
        finished_at: row.try_get::<Option<_>, _>(13)?.map(Timestamp),
        parent: row.try_get::<Option<_>, _>(14)?.map(RunId::from_uuid),
        depth: row.try_get::<i16, _>(15)?.cast_unsigned(),
        priority: priority(row.try_get(17)?)?,
        queue: Some(row.try_get(18)?).filter(|queue: &String| !queue.is_empty()),
        absent: row.try_get(19)?,
        lost: row.try_get::<i16, _>(20)?.cast_unsigned(),
        seq: Seq(row.try_get(21)?),
    })
}

fn priority(number: i16) -> Result<i8> {
    number.try_into().map_err(|_| odd("priority", number))
}

/// Why a run is to be cancelled, if it is.
fn cancel(asked: bool, reason: Option<String>) -> Option<String> {
    asked.then(|| reason.unwrap_or_default())
}

fn checkpoint_row(row: &PgRow) -> Result<CheckpointRow> {
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

fn stored(row: &PgRow, column: usize) -> Result<Option<Stored>> {
    Ok(row.try_get::<Option<_>, _>(column)?.map(Stored::from_bytes))
}

fn direction(number: i16) -> Result<Direction> {
    let all = [Direction::Forward, Direction::Undo];
    all.into_iter()
        .find(|one| *one as i16 == number)
        .ok_or_else(|| odd("direction", number))
}

fn kind(number: i16) -> Result<RowKind> {
    let all = [
        RowKind::Await,
        RowKind::Attempt,
        RowKind::Turn,
        RowKind::End,
        RowKind::Operator,
        RowKind::Outcome,
    ];
    all.into_iter()
        .find(|one| *one as i16 == number)
        .ok_or_else(|| odd("kind", number))
}

fn odd(what: &str, value: impl Display) -> sqlx::Error {
    sqlx::Error::Decode(format!("a row has the {what} {value}").into())
}
