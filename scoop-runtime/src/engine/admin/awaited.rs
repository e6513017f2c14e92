//! The operations that a run waits for: of several at once, each that is not over.

use super::super::history::{self, PendingRow};
use super::super::{Engine, Trouble};
use super::inspection::{Awaited, Until};
use crate::environment::BoxFuture;
use crate::operation::Sleep;
use crate::protocol::branch::{block_name, is_several};
use crate::protocol::checkpoint::{CheckpointRow, Direction};
use crate::protocol::id::RunId;
use crate::protocol::promise::{Promise, Promised};
use crate::protocol::timestamp::Timestamp;

/// Those of this row, the blocks among them looked into.
pub(super) fn leaves<'a>(
    engine: &'a Engine,
    run: RunId,
    pending: &'a PendingRow,
) -> BoxFuture<'a, Result<Vec<Awaited>, Trouble>> {
    Box::pin(async move {
        let operation = pending.row.operation.as_deref().unwrap_or_default();
        if pending.row.direction == Direction::Forward && is_several(operation) {
            return several(engine, run, pending).await;
        }
        if block_name(operation).is_some() {
            let block = (pending.row.seq, &pending.row.part);
            let inside = history::rows_inside(run, block, &pending.parts)?;
            if let Some((_, newest)) = inside.last() {
                let newest = PendingRow::of(run, (*newest).clone(), pending.parts.clone())?;
                return leaves(engine, run, &newest).await;
            }
        }
        Ok(vec![leaf(engine, run, pending).await?])
    })
}

async fn several(
    engine: &Engine,
    run: RunId,
    pending: &PendingRow,
) -> Result<Vec<Awaited>, Trouble> {
    let stored = history::branches(run, &pending.row)?;
    let rows = history::branch_rows(run, &pending.row, &stored)?;
    let is_over = |row: &CheckpointRow| {
        let end = row.part.outcome();
        pending.parts.iter().any(|part| part.part == end)
    };
    // They begin in their order: those after these wait for their turn.
    let at_once = usize::try_from(stored.at_once).unwrap_or(usize::MAX);
    let mut awaited = Vec::new();
    for row in rows.into_iter().filter(|row| !is_over(row)).take(at_once) {
        let branch = PendingRow::of(run, row, pending.parts.clone())?;
        awaited.extend(leaves(engine, run, &branch).await?);
    }
    Ok(awaited)
}

async fn leaf(engine: &Engine, run: RunId, pending: &PendingRow) -> Result<Awaited, Trouble> {
    let row = &pending.row;
    let promised: Option<Promised> = history::decode(run, "promise", row.frame.as_ref())?;
    let below = match promised.and_then(|promised| promised.promise) {
        Some(Promise::Saga(below)) => engine.ask(|| engine.store.run(below)).await?,
        _ => None,
    };
    let until = if let Some(below) = below {
        Until::Run(below.id, below.status)
    } else if row.operation.as_deref() == Some(Sleep::NAME) {
        let ends: Option<[Timestamp; 1]> = history::decode(run, "sleep", row.arguments.as_ref())?;
        ends.map_or(Until::Done, |[end]| Until::Time(end))
    } else if let Some(failed) = pending.attempts.last() {
        Until::Attempt(failed.clone())
    } else {
        Until::Done
    };
    Ok(Awaited {
        seq: row.seq,
        part: row.part.clone(),
        point: row.point.clone(),
        operation: row.operation.clone().unwrap_or_default(),
        since: row.created_at,
        until,
    })
}
