//! What there is to undo of a run, and whether it can be.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::done::Done;
use super::super::{Engine, Trouble};
use super::Undoing;
use super::below::Below;
use crate::operation::Sleep;
use crate::operation::step::{StepDescriptor, UndoDescriptor};
use crate::protocol::checkpoint::StoredOutcome;
use crate::protocol::failure::{CompensationResult, FailureKind, StoredFailure};
use crate::protocol::id::{Part, Seq};
use crate::protocol::promise::Promise;
use crate::protocol::run::RunRow;
use crate::protocol::spawn::SPAWN;

/// Refuses a run that cannot be rolled back: it holds a pivot, or what this build does not have.
pub(in super::super) async fn check(
    engine: &Arc<Engine>,
    row: &RunRow,
    failure: StoredFailure,
) -> Result<(), Trouble> {
    let undo = Undoing::of(engine, row, failure).await?;
    if undo.is_past_pivot().await? {
        let message = format!("run {} holds a pivot: what it did cannot be undone", row.id);
        return Err(Trouble::NotAllowed(message));
    }
    undo.plan().await.map(drop)
}

/// One thing to undo.
pub(super) enum Planned {
    Step(Target),
    Saga(Below),
}

/// A step.
pub(super) struct Target {
    pub(super) done: Done,
    pub(super) step: &'static StepDescriptor,
    pub(super) undo: &'static UndoDescriptor,
}

impl Undoing<'_> {
    /// What is left to undo, newest first. All of it is checked against this build before any of it
    /// is done, with what the sagas below did.
    pub(super) async fn plan(&self) -> Result<Vec<Planned>, Trouble> {
        let settled = self.settled();
        let mut plan = Vec::new();
        for done in self.trail.done(self.run, &self.rows)?.into_iter().rev() {
            if settled.contains(&(done.seq, done.part.clone()))
                || matches!(done.outcome, StoredOutcome::Failed(_))
            {
                continue;
            }
            if [Sleep::NAME, SPAWN].contains(&&*done.operation) {
                continue;
            }
            let promise = self.promise(&done);
            if let Some(Promise::Saga(run)) = promise {
                let below = Below { done, run };
                if !self.is_checked_above() {
                    self.check_below(&below).await?;
                }
                plan.push(Planned::Saga(below));
                continue;
            }
            let step = self
                .engine
                .registry
                .step(&done.operation)
                .map_err(|reason| Trouble::Parked {
                    run: self.run,
                    reason,
                })?;
            match (&step.undo, promise) {
                (Some(undo), _) => plan.push(Planned::Step(Target { done, step, undo })),
                (None, Some(Promise::Undo(rollback))) => return Err(self.lost(&done, &rollback)),
                (None, _) => {}
            }
        }
        Ok(plan)
    }

    /// Whether the run above was told that all of this one can be undone before it had it undone: it need
    /// not be looked through again, level after level.
    pub(super) fn is_checked_above(&self) -> bool {
        self.failure.kind == FailureKind::Undone
    }

    /// What an operation promised when it began; where that was not written down, what this build
    /// says of its step.
    pub(super) fn promise(&self, done: &Done) -> Option<Promise> {
        let step = self.engine.registry.step(&done.operation);
        let written = done.promise.clone();
        written.or_else(|| step.ok().and_then(StepDescriptor::promise))
    }

    fn lost(&self, done: &Done, rollback: &str) -> Trouble {
        Trouble::Parked {
            run: self.run,
            reason: format!(
                "this build has no rollback for `{}`, which had `{rollback}` when it began",
                done.operation
            ),
        }
    }

    /// The positions that are undone already, or that an operator dealt with.
    fn settled(&self) -> HashSet<(Seq, Part)> {
        let undone = self.compensations.iter().filter(|compensation| {
            !matches!(compensation.result, CompensationResult::Failed { .. })
        });
        undone
            .map(|compensation| (compensation.seq, compensation.part.clone()))
            .collect()
    }
}
