//! Undoes a run that had returned `Ok`.

use super::super::{Trouble, rollback};
use super::Admin;
use crate::codec::Stored;
use crate::protocol::failure::{FailureKind, StoredError};
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};

impl Admin {
    /// Undoes a run that has completed: what it did, and what the sagas below it did, newest first. It
    /// is from then on like one that failed, with the reason as its error. Returns when that is
    /// written down; the handle of the run waits for its end.
    ///
    /// # Errors
    /// When the run has not completed, or holds a pivot, which nothing undoes; and when a saga above
    /// it is still under way: it would not know.
    pub async fn roll_back(&self, run: RunId, reason: impl Into<String>) -> Result<(), Trouble> {
        let reason = reason.into();
        let row = self.run(run).await?;
        self.may_be_undone(&row).await?;
        let engine = self.scoop.engine();
        let error = StoredError::of_engine(&reason);
        let failure = engine.undone(&row, FailureKind::UndoneByHand, error);
        rollback::check(engine, &row, failure.clone()).await?;
        let update = RunUpdate {
            expect: Some(RunStatus::Completed),
            status: Some(RunStatus::RollingBack),
            failure: Stored::encode(&failure).ok(),
            ..RunUpdate::default()
        };
        let decision = self.decision(&row, "scoop::roll_back", Some(&reason));
        self.write(&row, decision, update).await
    }

    async fn may_be_undone(&self, row: &RunRow) -> Result<(), Trouble> {
        let (run, status) = (row.id, row.status);
        if status != RunStatus::Completed {
            let instead = match status {
                RunStatus::Running => "; `cancel` undoes this one",
                RunStatus::Stuck => "; `retry`, `skip` or `resolve` this one",
                RunStatus::RollingBack => "; this one is being undone",
                _ => "; all that this one did is undone",
            };
            let message =
                format!("run {run} is {status}: only one that has completed is undone{instead}");
            return Err(Trouble::NotAllowed(message));
        }
        let Some(parent) = row.parent else {
            return Ok(());
        };
        let above = self.run(parent).await?;
        if above.status.is_final() {
            return Ok(());
        }
        Err(Trouble::NotAllowed(format!(
            "run {run} was awaited by run {parent}, which is {} and would not know: undo that one when \
             it has ended",
            above.status
        )))
    }
}
