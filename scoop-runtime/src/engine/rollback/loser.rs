//! Undoes an `async` block that lost a race, while the run goes on.

use super::super::execution::Execution;
use super::super::{Trouble, history};
use super::Undoing;
use crate::protocol::checkpoint::{CheckpointRow, RowKind};
use crate::protocol::failure::{FailureKind, Loser, StoredError, StoredFailure};
use crate::protocol::id::{Part, Seq};

/// What became of a block that lost.
pub(in crate::engine) enum Lost {
    /// Nothing is left of it; or what it did stays.
    Over,
    /// It cannot be undone, or finished: the rows that say so, and what the run is stuck with.
    Stuck(Box<(Vec<CheckpointRow>, StoredFailure)>),
    /// The run is no longer this worker's.
    Left,
}

/// Undoes the block of this row; not one that is past its pivot.
pub(in crate::engine) async fn undo_block(
    execution: &Execution,
    block: &(Seq, Part),
    why: &str,
) -> Result<Lost, Trouble> {
    let (seq, part) = block.clone();
    let loser = Loser { seq, part };
    let mut undo = Undoing::of_block(execution, block, |row| StoredFailure {
        loser: Some(loser.clone()),
        ..execution
            .engine
            .undone(row, FailureKind::Cancelled, StoredError::of_engine(why))
    })
    .await?;
    // That of a run that was stuck there is not the newest any more: a decision is.
    let newest = undo.newest.as_ref().map(|row| row.kind);
    if newest == Some(RowKind::End) {
        return Ok(Lost::Over);
    }
    if undo.is_past_pivot().await? {
        return match newest {
            // An operator has finished it by hand.
            Some(_) => Ok(Lost::Over),
            None => undo.lost_past_pivot(block, loser),
        };
    }
    let plan = undo.plan().await?;
    if plan.is_empty() && newest.is_none() {
        return Ok(Lost::Over);
    }
    if !undo.undo_all(plan).await? {
        let stuck = std::mem::take(&mut undo.stuck);
        return Ok(match stuck.is_empty() {
            true => Lost::Left,
            false => Lost::Stuck(Box::new((stuck, undo.told()))),
        });
    }
    match undo.finish().await? {
        true => Ok(Lost::Over),
        false => Ok(Lost::Left),
    }
}

impl Undoing<'_> {
    /// What it did stays. Somebody has to finish one that failed there.
    fn lost_past_pivot(&self, block: &(Seq, Part), loser: Loser) -> Result<Lost, Trouble> {
        let end = block.1.outcome();
        let end = self.rows.iter().find(|row| row.part == end);
        let end = end.map(|end| history::end_of_branch(self.run, end));
        let Some(Err(failure)) = end.transpose()? else {
            tracing::warn!(
                run = %self.run, part = block.1.0,
                "an `async` block that lost a race is past its pivot: it is not undone"
            );
            return Ok(Lost::Over);
        };
        tracing::error!(run = %self.run, "a run is stuck: what lost a race failed past its pivot");
        let failure = StoredFailure {
            loser: Some(loser),
            ..*failure
        };
        let rows = vec![self.row(RowKind::End)];
        Ok(Lost::Stuck(Box::new((rows, failure))))
    }
}
