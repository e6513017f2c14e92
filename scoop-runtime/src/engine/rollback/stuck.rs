//! A compensation that failed for good: somebody has to look at it.

use super::super::Trouble;
use super::trail::Trail;
use super::{Target, Undoing};
use crate::codec::Stored;
use crate::protocol::checkpoint::{RowKind, StoredOutcome, Undoes};
use crate::protocol::failure::{CompensationResult, StoredError, StoredFailure};
use crate::protocol::run::{RunStatus, RunUpdate};

impl Undoing<'_> {
    /// Ends the rollback there, for now. A compensation that never began has a row all the same, so that the
    /// decision of an operator is about that one.
    pub(super) async fn stuck(
        &mut self,
        target: &Target,
        attempt: u32,
        error: StoredError,
    ) -> Result<(), Trouble> {
        tracing::error!(
            run = %self.run, rollback = target.undo.name, error = error.message,
            "a run is stuck: its compensation failed for good"
        );
        let place = (target.done.seq, target.done.part.clone());
        let mut rows = Vec::new();
        if self.under_way.as_ref() != Some(&place) {
            let (seq, part) = place;
            let output = None;
            let mut row = self.row(RowKind::Await);
            row.point.clone_from(&target.done.point);
            row.operation = Some(target.undo.name.to_owned());
            row.arguments = Stored::encode(&Undoes { seq, part, output }).ok();
            self.seq = self.seq.next();
            rows.push(row);
        }
        self.outcome = Some(StoredOutcome::Failed(error.clone()));
        self.done(target, CompensationResult::Failed { attempt, error });
        rows.push(self.row(RowKind::End));
        let update = match self.trail {
            // What stands beside it may go on: the run is stuck when that has ended.
            Trail::OfBlock { .. } => RunUpdate::default(),
            Trail::OfRun => RunUpdate {
                status: Some(RunStatus::Stuck),
                wake_at: Some(None),
                ..RunUpdate::default()
            },
        };
        self.is_stuck = self.commit_all(rows, update).await?;
        Ok(())
    }

    /// The failure with what became of the compensations so far.
    pub(super) fn told(&self) -> StoredFailure {
        StoredFailure {
            compensations: self.compensations.clone(),
            ..(*self.failure).clone()
        }
    }
}
