//! What a rollback has undone so far, as its rows say: each has what came of the compensation before it, or
//! that one has a row of its own.

use std::collections::{HashMap, HashSet};

use super::Trouble;
use super::history::decode;
use crate::protocol::checkpoint::{
    CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome, Undoes,
};
use crate::protocol::failure::CompensationResult;
use crate::protocol::id::{Part, RunId, Seq};

/// A compensation of which nothing is left to be done; or, where it is the last, one that failed for good and of
/// which nobody has decided anything.
#[derive(Debug)]
pub(super) struct Undone {
    pub(super) undoes: Undoes,
    /// The stored name of what undid it.
    pub(super) rollback: String,
    pub(super) result: CompensationResult,
}

/// The number of a row among those of the rollback of a block.
pub(super) fn number_beside((seq, block): (Seq, &Part), row: &CheckpointRow) -> Option<Seq> {
    let number = row.part.number_of_undo(block).map(Seq);
    number.filter(|_| row.seq == seq)
}

/// Those that the rows of a rollback tell of, which are these with their numbers, in the order in which they ran.
pub(super) fn undone(
    run: RunId,
    rows: &[CheckpointRow],
    number: impl Fn(&CheckpointRow) -> Option<Seq>,
) -> Result<Vec<Undone>, Trouble> {
    let numbered = rows.iter().filter_map(|row| Some((number(row)?, row)));
    let back = numbered.filter(|(_, row)| row.direction == Direction::Undo);
    let mut line: Vec<_> = back.collect();
    if line.is_empty() {
        return Ok(Vec::new());
    }
    line.sort_by_key(|(number, _)| *number);
    let beside = Beside::of(run, rows)?;
    let mut undone = Vec::new();
    let mut under_way: Option<&CheckpointRow> = None;
    let last = line.last().map(|(number, _)| *number);
    for (number, row) in line {
        let outcome = decode(run, "outcome", row.outcome.as_ref())?;
        if let (Some(before), Some(StoredOutcome::Failed(error))) = (under_way, &outcome)
            && last == Some(number)
        {
            let (attempt, error) = (beside.attempt(before), error.clone());
            let result = CompensationResult::Failed { attempt, error };
            undone.extend(Undone::of(run, before, result)?);
        }
        if let Some(before) = under_way
            && let Some(result) = beside.result(before, outcome)
        {
            undone.extend(Undone::of(run, before, result)?);
            under_way = None;
        }
        if row.kind == RowKind::Await {
            under_way = Some(row);
            if let Some(result) = beside.own(row) {
                undone.extend(Undone::of(run, row, result)?);
                under_way = None;
            }
        }
    }
    Ok(undone)
}

impl Undone {
    /// Whether it is to be done all the same.
    pub(super) const fn is_stuck(&self) -> bool {
        matches!(self.result, CompensationResult::Failed { .. })
    }

    fn of(
        run: RunId,
        row: &CheckpointRow,
        result: CompensationResult,
    ) -> Result<Option<Self>, Trouble> {
        let undoes: Option<Undoes> = decode(run, "undo row", row.arguments.as_ref())?;
        let rollback = row.operation.clone().unwrap_or_default();
        Ok(undoes.map(|undoes| Self {
            undoes,
            rollback,
            result,
        }))
    }
}

/// What stands beside the rows of a rollback.
struct Beside {
    /// How often each was tried before, and failed.
    attempts: HashMap<(Seq, Part), u32>,
    /// Those that were done in a transaction.
    own: HashSet<(Seq, Part)>,
}

impl Beside {
    fn of(run: RunId, rows: &[CheckpointRow]) -> Result<Self, Trouble> {
        let (mut attempts, mut own) = (HashMap::new(), HashSet::new());
        for row in rows.iter().filter(|row| row.direction == Direction::Undo) {
            match row.kind {
                RowKind::Attempt => {
                    let failed = decode(run, "attempt", row.outcome.as_ref())?;
                    let failed = failed.map_or(0, |failed: StoredAttempt| failed.attempt);
                    let of = attempts.entry((row.seq, row.part.tried())).or_default();
                    *of = failed.max(*of);
                }
                RowKind::Outcome => drop(own.insert((row.seq, row.part.clone()))),
                _ => {}
            }
        }
        Ok(Self { attempts, own })
    }

    /// What the compensation of this row came to in its own transaction.
    fn own(&self, row: &CheckpointRow) -> Option<CompensationResult> {
        let own = (row.seq, row.part.outcome());
        let attempt = self.attempt(row);
        let done = self.own.contains(&own);
        done.then_some(CompensationResult::Undone { attempt })
    }

    /// What the compensation of this row came to, where a later row has this outcome of it.
    fn result(
        &self,
        row: &CheckpointRow,
        outcome: Option<StoredOutcome>,
    ) -> Option<CompensationResult> {
        match outcome? {
            StoredOutcome::Done(_) => {
                let attempt = self.attempt(row);
                Some(CompensationResult::Undone { attempt })
            }
            StoredOutcome::Skipped(reason) => Some(CompensationResult::Skipped { reason }),
            StoredOutcome::Resolved(reason) => Some(CompensationResult::Resolved { reason }),
            // An operator has the last word.
            StoredOutcome::Failed(_) | StoredOutcome::Unknown(_) => None,
        }
    }

    /// The attempt that was the last one.
    fn attempt(&self, row: &CheckpointRow) -> u32 {
        let failed = self.attempts.get(&(row.seq, row.part.clone()));
        failed.map_or(1, |failed| failed + 1)
    }
}
