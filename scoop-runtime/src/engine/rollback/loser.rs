//! Undoes an `async` block that lost a race, while the run goes on.

use super::super::execution::Execution;
use super::super::{Trouble, history};
use super::Undoing;
use crate::protocol::checkpoint::{RowKind, StoredOutcome};
use crate::protocol::failure::{FailureKind, Loser, StoredError, StoredFailure};
use crate::protocol::id::{Part, Seq};
use crate::protocol::run::RunUpdate;

/// What became of a block that lost.
pub(in crate::engine) enum Lost {
    /// Nothing is left of it; or what it did stays.
    Over,
    /// It cannot be undone, or finished, and its rows say so: what the run is to be stuck with.
    Stuck(Box<StoredFailure>),
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
    let newest = undo.newest.as_ref().map(|row| row.kind);
    let was_stuck = undo.was_stuck()?;
    if newest == Some(RowKind::End) && !was_stuck {
        return Ok(Lost::Over);
    }
    if undo.is_past_pivot().await? {
        return match newest {
            // Finished by hand.
            Some(RowKind::Operator) => Ok(Lost::Over),
            _ => undo.lost_past_pivot(block, loser, was_stuck).await,
        };
    }
    if was_stuck {
        return Ok(Lost::Stuck(undo.told().into()));
    }
    let plan = undo.plan().await?;
    if plan.is_empty() && newest.is_none() {
        return Ok(Lost::Over);
    }
    let goes_on = undo.undo_all(plan).await? && undo.finish().await?;
    Ok(match (goes_on, undo.is_stuck) {
        (true, _) => Lost::Over,
        (false, true) => Lost::Stuck(undo.told().into()),
        (false, false) => Lost::Left,
    })
}

impl Undoing<'_> {
    /// Whether it was stuck before, and nobody has decided what is to become of that.
    fn was_stuck(&self) -> Result<bool, Trouble> {
        let end = self.newest.as_ref().filter(|row| row.kind == RowKind::End);
        let outcome = end.and_then(|end| end.outcome.as_ref());
        let outcome = history::decode(self.run, "outcome", outcome)?;
        Ok(matches!(outcome, Some(StoredOutcome::Failed(_))))
    }

    /// What it did stays. Somebody has to finish one that failed there.
    async fn lost_past_pivot(
        &mut self,
        block: &(Seq, Part),
        loser: Loser,
        was_stuck: bool,
    ) -> Result<Lost, Trouble> {
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
        if !was_stuck {
            self.outcome = Some(StoredOutcome::Failed(failure.error.clone()));
            let row = self.row(RowKind::End);
            if !self.commit(row, RunUpdate::default()).await? {
                return Ok(Lost::Left);
            }
        }
        Ok(Lost::Stuck(failure.into()))
    }
}
