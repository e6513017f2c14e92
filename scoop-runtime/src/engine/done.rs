//! What a run has done: its forward operations with their outcomes, those of several at once and of
//! `async` blocks among them.

use std::collections::{BTreeMap, HashSet};

use super::Trouble;
use super::history::{branch_rows, branches, decode, order_of_end, promise, rows_inside};
use super::undone::{Undone, number_beside, undone};
use crate::codec::Stored;
use crate::protocol::branch::{StoredEnd, block_name, is_several};
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome};
use crate::protocol::failure::StoredError;
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::promise::Promise;
use crate::protocol::timestamp::Timestamp;

/// A compensatable operation that may have to be undone.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) seq: Seq,
    /// Which one of several that were awaited at once.
    pub(crate) part: Part,
    /// The name of the await.
    pub(crate) point: String,
    /// When it began.
    pub(crate) at: Timestamp,
    pub(crate) operation: String,
    pub(crate) arguments: Option<Stored>,
    /// What it promised when it began, where that was written down.
    pub(crate) promise: Option<Promise>,
    pub(crate) outcome: StoredOutcome,
}

/// The forward operations of a run with their outcomes, oldest first. The outcome of each stands in
/// the row after it, or in a row of its own.
pub(crate) fn done(run: RunId, rows: &[CheckpointRow]) -> Result<Vec<Done>, Trouble> {
    Looking::at(run, rows).all()
}

/// The same of the block of this row.
pub(super) fn done_in(
    run: RunId,
    rows: &[CheckpointRow],
    (seq, block): (Seq, &Part),
) -> Result<Vec<Done>, Trouble> {
    Looking::at(run, rows).all_in((seq, block))
}

/// The operations of these rows, whatever became of them since.
pub(super) fn ever(run: RunId, rows: &[CheckpointRow]) -> Result<Vec<Done>, Trouble> {
    let mut looking = Looking::at(run, rows);
    looking.lost.clear();
    looking.all()
}

/// The operations directly in this block that failed, oldest first. Those beside others that are awaited at
/// once at its newest await are not among them.
pub(super) fn failed_inside(
    run: RunId,
    block: &CheckpointRow,
    parts: &[CheckpointRow],
) -> Result<Vec<(Done, StoredError)>, Trouble> {
    let looking = Looking::at(run, parts);
    let end = looking.own(block);
    let place = (block.seq, &block.part);
    let done = looking.block(place, end)?.map(|(_, done)| done);
    let rows = rows_inside(run, place, parts)?;
    let newest = rows.last().filter(|_| end.is_none());
    let under_way = newest.map(|(_, newest)| format!("{}.", newest.part.0));
    let failed = |done: Done| match &done.outcome {
        StoredOutcome::Failed(error) | StoredOutcome::Unknown(error) => {
            let error = error.clone();
            Some((done, error))
        }
        _ => None,
    };
    let is_before = |done: &Done| {
        let under_way = under_way.as_ref();
        under_way.is_none_or(|under_way| !done.part.0.starts_with(&**under_way))
    };
    let done = done.into_iter().flatten().filter(is_before);
    Ok(done.filter_map(failed).collect())
}

/// What is undone together, and when it ended: an operation of several, or all that a block did.
type Ended = ((Timestamp, Option<usize>), Vec<Done>);

/// The rows of a run.
struct Looking<'a> {
    run: RunId,
    rows: &'a [CheckpointRow],
    /// The outcomes that are in rows of their own.
    own: BTreeMap<(Seq, Part), &'a CheckpointRow>,
    /// The positions at which something was undone because it lost a race: that does not count.
    lost: HashSet<Seq>,
}

impl<'a> Looking<'a> {
    fn at(run: RunId, rows: &'a [CheckpointRow]) -> Self {
        let own = rows.iter().filter(|row| row.kind == RowKind::Outcome);
        let own = own.map(|row| ((row.seq, row.part.clone()), row)).collect();
        let back = rows.iter().filter(|row| row.direction == Direction::Undo);
        let lost = back.filter(|row| !row.part.is_main());
        let lost = lost.map(|row| row.seq).collect();
        Self {
            run,
            rows,
            own,
            lost,
        }
    }

    fn all_in(&self, (seq, block): (Seq, &Part)) -> Result<Vec<Done>, Trouble> {
        let end = self.own.get(&(seq, block.outcome())).copied();
        let ended = self.block((seq, block), end)?;
        Ok(ended.map(|(_, done)| done).unwrap_or_default())
    }

    fn all(&self) -> Result<Vec<Done>, Trouble> {
        let mains = self.rows.iter().filter(|row| row.part.is_main());
        let mains: Vec<&CheckpointRow> = mains.collect();
        let mut done = Vec::new();
        for (place, row) in mains.iter().enumerate() {
            if row.direction != Direction::Forward || row.kind != RowKind::Await {
                continue;
            }
            let next = mains.get(place + 1);
            let outcome = next.and_then(|next| next.outcome.as_ref());
            self.one(row, outcome, next.is_some(), &mut done)?;
        }
        Ok(done)
    }

    /// The row with the outcome of this one's operation alone.
    fn own(&self, row: &CheckpointRow) -> Option<&'a CheckpointRow> {
        self.own.get(&(row.seq, row.part.outcome())).copied()
    }

    /// The operation of this row, with the outcome that stands behind it; of several, each.
    fn one(
        &self,
        row: &CheckpointRow,
        outcome: Option<&Stored>,
        is_over: bool,
        done: &mut Vec<Done>,
    ) -> Result<(), Trouble> {
        let own = self.own(row).map(|own| own.outcome.as_ref());
        let outcome = own.unwrap_or(outcome);
        if outcome.is_none() && is_over {
            let of = if row.part.is_main() { "" } else { " " };
            return Err(Trouble::Parked {
                run: self.run,
                reason: format!(
                    "the outcome of its row {}{of}{} is missing",
                    row.seq, row.part.0
                ),
            });
        }
        let operation = row.operation.as_deref();
        if operation.is_some_and(is_several) {
            let mut ended = Vec::new();
            self.several(row, &mut ended)?;
            ended.sort_by_key(|(ended, _)| *ended);
            done.extend(ended.into_iter().flat_map(|(_, done)| done));
        } else if operation.is_some()
            && let Some(outcome) = decode(self.run, "outcome", outcome)?
        {
            done.push(Done::of(self.run, row, outcome)?);
        }
        Ok(())
    }

    /// The operations of this row that have ended, and when.
    fn several(&self, row: &CheckpointRow, ended: &mut Vec<Ended>) -> Result<(), Trouble> {
        let run = self.run;
        for row in branch_rows(run, row, &branches(run, row)?)? {
            let (operation, end) = (row.operation.as_deref().unwrap_or_default(), self.own(&row));
            if is_several(operation) {
                self.several(&row, ended)?;
            } else if block_name(operation).is_some() {
                ended.extend(self.block((row.seq, &row.part), end)?);
            } else if let Some(end) = end
                && let Some(outcome) = decode(run, "outcome", end.outcome.as_ref())?
            {
                let at = (end.created_at, order_of_end(run, end)?);
                ended.push((at, vec![Done::of(run, &row, outcome)?]));
            }
        }
        Ok(())
    }

    /// What was done in a block, oldest first, and when it ended: as one, so that it is undone newest
    /// first whatever the clocks said. What was undone because it lost a race is not among it.
    fn block(
        &self,
        block: (Seq, &Part),
        end: Option<&CheckpointRow>,
    ) -> Result<Option<Ended>, Trouble> {
        let rows = rows_inside(self.run, block, self.rows)?;
        let Some((_, newest)) = rows.last() else {
            return Ok(None);
        };
        let arguments = end.and_then(|end| end.arguments.as_ref());
        let stored: Option<StoredEnd> = decode(self.run, "end", arguments)?;
        let (order, last) = stored.map_or((None, None), |end| (Some(end.order), end.last));
        let last = last.map(|last| Stored::encode(&last)).transpose();
        let last = last.map_err(|error| Trouble::Unreadable {
            run: self.run,
            what: "outcome",
            error,
        })?;
        let mut done = Vec::new();
        for (place, (_, row)) in rows.iter().enumerate() {
            if row.kind != RowKind::Await {
                continue;
            }
            let (outcome, is_over) = match rows.get(place + 1) {
                Some((_, next)) => (next.outcome.as_ref(), true),
                None => (last.as_ref(), end.is_some()),
            };
            self.one(row, outcome, is_over, &mut done)?;
        }
        if self.lost.contains(&block.0) {
            self.leave_out_undone(block, &mut done)?;
        }
        let ended = end.map_or(newest.created_at, |end| end.created_at);
        Ok(Some(((ended, order), done)))
    }
}

impl Looking<'_> {
    fn leave_out_undone(&self, block: (Seq, &Part), done: &mut Vec<Done>) -> Result<(), Trouble> {
        let number = |row: &CheckpointRow| number_beside(block, row);
        let undone = undone(self.run, self.rows, number)?;
        for Undone { undoes, .. } in undone.into_iter().filter(|undone| !undone.is_stuck()) {
            done.retain(|done| (done.seq, &done.part) != (undoes.seq, &undoes.part));
        }
        Ok(())
    }
}

impl Done {
    fn of(run: RunId, row: &CheckpointRow, outcome: StoredOutcome) -> Result<Self, Trouble> {
        Ok(Self {
            seq: row.seq,
            part: row.part.clone(),
            point: row.point.clone(),
            at: row.created_at,
            operation: row.operation.clone().unwrap_or_default(),
            arguments: row.arguments.clone(),
            promise: promise(run, row)?,
            outcome,
        })
    }
}
