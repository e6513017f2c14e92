//! The operations that a run waits for: of several at once, each that is not over; and where the blocks
//! among them stand.

use super::super::history::{self, PendingRow};
use super::super::{Engine, Trouble, done};
use super::inspection::{Awaited, Block, Local, Stand, Until};
use crate::environment::BoxFuture;
use crate::operation::Sleep;
use crate::protocol::branch::{StoredBranches, block_name, is_several};
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome, Undoes};
use crate::protocol::id::RunId;
use crate::protocol::promise::Promise;
use crate::protocol::timestamp::Timestamp;

/// What goes on at one row of a run.
#[derive(Debug)]
pub(super) struct UnderWay<'r> {
    /// All rows of the run.
    rows: &'r [CheckpointRow],
    pub(super) awaits: Vec<Awaited>,
    /// Each before those that stand in it.
    pub(super) blocks: Vec<Block>,
}

impl<'r> UnderWay<'r> {
    pub(super) const fn new(rows: &'r [CheckpointRow]) -> Self {
        Self {
            rows,
            awaits: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Looks at the operation of this row, into the blocks of it, too.
    pub(super) fn look<'a>(
        &'a mut self,
        engine: &'a Engine,
        run: RunId,
        pending: &'a PendingRow,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let operation = pending.row.operation.as_deref().unwrap_or_default();
            if pending.row.direction == Direction::Forward && is_several(operation) {
                return self.several(engine, run, pending).await;
            }
            if block_name(operation).is_some() {
                let block_at = (pending.row.seq, &pending.row.part);
                let inside = history::rows_inside(run, block_at, &pending.parts)?;
                self.blocks.push(block(run, &pending.row, &inside)?);
                if let Some((_, newest)) = inside.last() {
                    let newest = PendingRow::of(run, (*newest).clone(), pending.parts.clone())?;
                    return self.look(engine, run, &newest).await;
                }
            }
            self.awaits
                .push(leaf(engine, run, pending, self.rows).await?);
            Ok(())
        })
    }

    async fn several(
        &mut self,
        engine: &Engine,
        run: RunId,
        pending: &PendingRow,
    ) -> Result<(), Trouble> {
        let stored = history::branches(run, &pending.row)?;
        let rows = history::branch_rows(run, &pending.row, &stored)?;
        let end_of = |row: &CheckpointRow| {
            let end = row.part.outcome();
            pending.parts.iter().find(|part| part.part == end)
        };
        let ends: Vec<_> = rows.iter().map(end_of).collect();
        let begun = begun(run, &stored, ends.iter().copied().flatten())?;
        for (row, end) in rows.into_iter().zip(&ends).take(begun) {
            let under_way = match end {
                None => Some(row),
                Some(_) => being_undone(&row, &pending.parts),
            };
            if let Some(row) = under_way {
                let branch = PendingRow::of(run, row, pending.parts.clone())?;
                self.look(engine, run, &branch).await?;
            }
        }
        Ok(())
    }
}

/// What is being undone of the block of this row, where it lost a race, or is stuck there.
fn being_undone(block: &CheckpointRow, parts: &[CheckpointRow]) -> Option<CheckpointRow> {
    let rows = parts.iter();
    let numbered = rows.filter_map(|row| Some((row.part.number_of_undo(&block.part)?, row)));
    let begun = numbered.filter(|(_, row)| row.kind == RowKind::Await);
    let (_, newest) = begun.max_by_key(|(number, _)| *number)?;
    let goes_on = next_undo(newest, parts).is_none() || is_stuck(newest, parts);
    goes_on.then(|| newest.clone())
}

/// The row after this one in the rollback of a block.
fn next_undo<'a>(row: &CheckpointRow, parts: &'a [CheckpointRow]) -> Option<&'a CheckpointRow> {
    let block = row.part.undone_block()?;
    let next = block.undo(row.part.number_of_undo(&block)? + 1);
    parts.iter().find(|part| part.part == next)
}

/// Whether the compensation of this row failed for good, and nobody has decided what is to become of that.
fn is_stuck(row: &CheckpointRow, parts: &[CheckpointRow]) -> bool {
    let end = next_undo(row, parts).filter(|next| next.kind == RowKind::End);
    let outcome = end.and_then(|end| end.outcome.as_ref()?.decode().ok());
    matches!(outcome, Some(StoredOutcome::Failed(_)))
}

/// How many of them have begun, of which these have ended: they begin in their order, each when there is room
/// for it, and none after one because of which the others are not to begin.
fn begun<'a>(
    run: RunId,
    stored: &StoredBranches,
    ends: impl Iterator<Item = &'a CheckpointRow>,
) -> Result<usize, Trouble> {
    let mut before = 0;
    let mut stopped: Option<usize> = None;
    for end in ends {
        before += 1;
        let failed = history::end_of_branch(run, end)?.is_err();
        let order = history::order_of_end(run, end)?;
        // What a transaction wrote does not know its place, and has not failed.
        if let Some(order) = order.filter(|_| stored.others.stop_after(failed)) {
            stopped = Some(stopped.map_or(order, |first| first.min(order)));
        }
    }
    let at_once = usize::try_from(stored.at_once).unwrap_or(usize::MAX);
    Ok(stopped.unwrap_or(before).saturating_add(at_once))
}

/// Where the block of this row stands, with the rows in it.
fn block(
    run: RunId,
    row: &CheckpointRow,
    inside: &[(i64, &CheckpointRow)],
) -> Result<Block, Trouble> {
    let table = history::slots_inside(run, inside)?;
    let slots = table.slots();
    let locals = slots.map(|(name, json)| Local::new(name, json)).collect();
    Ok(Block {
        seq: row.seq,
        part: row.part.clone(),
        stands: inside.last().map(|(_, newest)| Stand {
            part: newest.part.clone(),
            point: newest.point.clone(),
            locals,
        }),
    })
}

/// What the operation had promised that this row undoes.
fn promise_undone(
    run: RunId,
    row: &CheckpointRow,
    rows: &[CheckpointRow],
) -> Result<Option<Promise>, Trouble> {
    let undoes: Option<Undoes> = history::decode(run, "operation", row.arguments.as_ref())?;
    let Some(undoes) = undoes else {
        return Ok(None);
    };
    let done = done::done(run, rows)?;
    let undone = done
        .into_iter()
        .find(|done| (done.seq, &done.part) == (undoes.seq, &undoes.part));
    Ok(undone.and_then(|done| done.promise))
}

async fn leaf(
    engine: &Engine,
    run: RunId,
    pending: &PendingRow,
    rows: &[CheckpointRow],
) -> Result<Awaited, Trouble> {
    let row = &pending.row;
    let promise = match row.direction {
        Direction::Forward => history::promise(run, row)?,
        Direction::Undo => promise_undone(run, row, rows)?,
    };
    let below = match promise {
        Some(Promise::Saga(below)) => engine.ask(|| engine.store.run(below)).await?,
        _ => None,
    };
    let until = if is_stuck(row, &pending.parts) {
        Until::Operator
    } else if let Some(below) = below {
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
