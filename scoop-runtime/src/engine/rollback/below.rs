//! Undoes a saga that was awaited and had returned `Ok`: its own run rolls back, and this one waits.

use super::super::done::Done;
use super::super::dormant::Terms;
use super::super::execution::Execution;
use super::super::performer::null;
use super::super::waits::Waits;
use super::super::writer::WriteError;
use super::super::{Trouble, take};
use super::Undoing;
use super::trail::Trail;
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::protocol::checkpoint::{RowKind, StoredOutcome, Undoes};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{Compensation, CompensationResult, FailureKind, StoredError};
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};

/// A saga to be undone.
pub(super) struct Below {
    pub(super) done: Done,
    pub(super) run: RunId,
}

impl Undoing<'_> {
    /// Whether a run below is past its pivot.
    pub(super) fn is_past_pivot_below(&self, run: RunId) -> BoxFuture<'_, Result<bool, Trouble>> {
        Box::pin(async move { self.open(run).await?.is_past_pivot().await })
    }

    /// Refuses to begin what this build cannot end below. Of what another worker has to undo, that
    /// one knows.
    pub(super) fn check_below<'a>(
        &'a self,
        below: &'a Below,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let operation = &below.done.operation;
            if self.is_shared() && self.engine.registry.saga(operation).is_err() {
                return Ok(());
            }
            let plan = self.open(below.run).await?.plan().await;
            plan.map(drop).map_err(|trouble| Trouble::Parked {
                run: self.run,
                reason: format!(
                    "its saga `{}`, run {}, cannot be undone: {}",
                    operation,
                    below.run,
                    trouble.reason()
                ),
            })
        })
    }

    async fn open(&self, run: RunId) -> Result<Undoing<'_>, Trouble> {
        let row = self.row_of(run).await?;
        Undoing::of(self.engine, &row, (*self.failure).clone()).await
    }

    /// Whether there may be other workers.
    fn is_shared(&self) -> bool {
        self.engine.store.lease().is_some()
    }

    async fn row_of(&self, run: RunId) -> Result<RunRow, Trouble> {
        let row = self.engine.read(|| self.engine.store.run(run)).await?;
        row.ok_or_else(|| Trouble::Parked {
            run: self.run,
            reason: format!("the run {run} that it awaited is missing"),
        })
    }

    /// Undoes it. False when this run is no longer this worker's.
    pub(super) async fn undo_below(&mut self, below: &Below) -> Result<bool, Trouble> {
        if self.pending(&below.done)?.is_none() && !self.begin_below(below).await? {
            return Ok(false);
        }
        if self.engine.is_closing() || !self.turn(below).await? {
            return Ok(false);
        }
        // However long that takes: if it gets stuck, an operator deals with that run.
        let is_over = |status| status == RunStatus::RolledBack;
        let ended = match self.trail {
            Trail::OfRun => {
                let waits = Waits::of(self.run);
                let ending = self.engine.end_of(&waits, below.run, is_over);
                self.engine.unless_dormant(&waits, terms, ending).await
            }
            Trail::OfBlock { execution, .. } => Some(execution.end_of(below.run, is_over).await),
        };
        match ended {
            None | Some(Err(Trouble::ShutDown)) => return Ok(false),
            Some(ended) => ended?,
        };
        self.note(Compensation {
            seq: below.done.seq,
            part: below.done.part.clone(),
            step: below.done.operation.clone(),
            rollback: below.done.operation.clone(),
            unknown: false,
            result: CompensationResult::Undone { attempt: 1 },
        });
        self.outcome = Some(StoredOutcome::Done(null()));
        Ok(true)
    }

    async fn begin_below(&mut self, below: &Below) -> Result<bool, Trouble> {
        let (seq, part) = (below.done.seq, below.done.part.clone());
        let output = None;
        let mut row = self.row(RowKind::Await);
        row.point.clone_from(&below.done.point);
        row.operation = Some(below.done.operation.clone());
        row.arguments = Stored::encode(&Undoes { seq, part, output }).ok();
        self.commit(row, RunUpdate::default()).await
    }

    /// Turns the run below, if nobody has. False when this worker may write nothing more.
    async fn turn(&self, below: &Below) -> Result<bool, Trouble> {
        let row = self.row_of(below.run).await?;
        if row.status != RunStatus::Completed {
            return Ok(true);
        }
        self.turn_completed(&row).await
    }

    async fn turn_completed(&self, row: &RunRow) -> Result<bool, Trouble> {
        let engine = self.engine;
        // Of a queue only what is claimed is driven.
        let known = engine.registry.saga(&row.saga).is_ok() || !self.is_shared();
        let here = known && row.queue.is_none();
        let failure = engine.undone(row, FailureKind::Undone, self.failure.error.clone());
        let commit = Commit {
            run: row.id,
            create: None,
            update: RunUpdate {
                expect: Some(RunStatus::Completed),
                status: Some(RunStatus::RollingBack),
                failure: Stored::encode(&failure).ok(),
                owned: Some(here),
                ..RunUpdate::default()
            },
            rows: Vec::new(),
        };
        loop {
            let written = match here {
                true => take::take(engine, engine.places.force(), commit.clone()).await,
                false => engine.writer.write(commit.clone()).await,
            };
            match written {
                Ok(Committed::Stored) if here => return Ok(true),
                // Somebody has turned it before, an earlier life of this worker, say; or nobody has yet.
                Ok(_) if self.row_of(row.id).await?.status == RunStatus::Completed => {}
                Ok(_) => {
                    engine.places.want();
                    engine.hints.due();
                    return Ok(true);
                }
                Err(WriteError::Stopped) => return Ok(false),
                Err(WriteError::Refused(reason)) => {
                    let run = self.run;
                    return Err(Trouble::Parked { run, reason });
                }
            }
        }
    }
}

/// Undoes a saga that was done in a race, though another one was faster; unless it is past its pivot.
pub(in crate::engine) async fn undo_lost_saga(
    execution: &Execution,
    run: RunId,
) -> Result<(), Trouble> {
    let (engine, above) = (&execution.engine, execution.run);
    let row = engine.read(|| engine.store.run(above)).await?;
    let row = row.ok_or_else(|| Trouble::NoRun(above.to_string()))?;
    let error = StoredError::of_engine("another one was faster");
    let failure = engine.undone(&row, FailureKind::Undone, error);
    let above = Undoing::with(engine, &row, failure, Trail::OfRun, Vec::new())?;
    let loser = above.row_of(run).await?;
    if loser.status == RunStatus::Completed {
        if above.is_past_pivot_below(run).await? {
            tracing::warn!(%run, "a saga that lost a race is past its pivot: it is not undone");
            return Ok(());
        }
        if !above.turn_completed(&loser).await? {
            return Err(Trouble::ShutDown);
        }
    }
    let is_over = |status| status == RunStatus::RolledBack;
    execution.end_of(run, is_over).await.map(drop)
}

/// Nobody cancels a run that rolls back. Its deadline says when an attempt comes too late, and there is none here.
const fn terms() -> Option<Terms> {
    Some(Terms {
        until: None,
        unless_cancelled: false,
    })
}
