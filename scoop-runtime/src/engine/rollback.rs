//! One run back: undoes what is done, newest first, until all is undone or it is stuck.

use super::history::{history, rows};
use super::log::{Draft, Leave, Log, encode};
use super::undo::{Job, Ran};
use super::work::Work;
use crate::protocol::checkpoint::{Direction, RowKind, StoredOutcome};
use crate::protocol::failure::{Compensation, CompensationResult, StoredError, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::plan::{History, Item, Plan};
use crate::protocol::resume::Newest;
use crate::protocol::run::{RunStatus, RunUpdate};

/// A run that is being undone.
pub(crate) struct Rollback<'a> {
    pub(super) work: &'a Work,
    pub(super) log: Log,
    pub(super) failure: StoredFailure,
    pub(super) history: History,
}

/// Undoes a run; gives the status it ends in.
pub(crate) async fn roll_back(
    work: &Work,
    seq: Seq,
    failure: StoredFailure,
) -> Result<RunStatus, Leave> {
    let engine = &work.engine;
    let history = history(engine, work.run, None).await?;
    let plan = plan(work, &history)?;
    let newest = Newest::of(rows(engine, work.run, vec![seq]).await?)
        .map_err(|error| Leave::Parked(format!("a stored attempt {error}")))?;
    let log = Log::new(std::sync::Arc::clone(engine), work.run, seq, None);
    let mut rollback = Rollback { work, log, failure, history };
    if let Some(pivot) = &plan.pivot
        && !rollback.history.handled.contains(&pivot.0)
    {
        return rollback.stuck_at_pivot(pivot).await;
    }
    for item in &plan.items {
        if !rollback.is_finished(item.seq)
            && let Some(stuck) = rollback.item(item, newest.as_ref()).await?
        {
            return Ok(stuck);
        }
    }
    rollback.end(RunStatus::RolledBack).await
}

/// The plan; a run of which this build lacks a part stays as it is.
fn plan(work: &Work, history: &History) -> Result<Plan, Leave> {
    let registry = &work.engine.registry;
    history.plan(|name| registry.shape(name)).map_err(|missing| {
        let names = missing.join("`, `");
        Leave::Parked(format!("it cannot be undone by this program, which has no step `{names}`"))
    })
}

impl Rollback<'_> {
    /// Undoes one operation; gives a status when the run is stuck there.
    async fn item(
        &mut self,
        item: &Item,
        newest: Option<&Newest>,
    ) -> Result<Option<RunStatus>, Leave> {
        let mut job = Job::of(self, item).await?;
        if item.settle {
            if let Some(stuck) = self.settle(&mut job, newest).await? {
                return Ok(Some(stuck));
            }
            if job.output.is_none() {
                return Ok(None);
            }
        }
        match self.run(&job, newest).await? {
            Ran::Done(attempt, outcome) => {
                self.log.set_outcome(outcome);
                self.note(&job, CompensationResult::Undone { attempt });
                Ok(None)
            }
            Ran::GaveUp(attempt, error) => self.stuck(&job, attempt, error, false).await.map(Some),
        }
    }

    /// Finds out whether an operation in doubt happened, by running it again.
    async fn settle(
        &mut self,
        job: &mut Job,
        newest: Option<&Newest>,
    ) -> Result<Option<RunStatus>, Leave> {
        let known = self.history.undone.remove(&(job.item.seq, job.item.step.clone()));
        let outcome = match known {
            Some(outcome @ (StoredOutcome::Done(_) | StoredOutcome::Failed(_))) => outcome,
            _ => match self.run(job, newest).await? {
                Ran::Done(_, outcome) => {
                    self.log.set_outcome(outcome.clone());
                    outcome
                }
                Ran::GaveUp(attempt, error) => {
                    return self.stuck(job, attempt, error, true).await.map(Some);
                }
            },
        };
        job.settled(&outcome);
        Ok(None)
    }

    async fn stuck(
        &mut self,
        job: &Job,
        attempt: u32,
        error: StoredError,
        doubt: bool,
    ) -> Result<RunStatus, Leave> {
        self.log.set_outcome(if doubt {
            StoredOutcome::Unknown(error.clone())
        } else {
            StoredOutcome::Failed(error.clone())
        });
        tracing::error!(
            run = %self.work.run, rollback = job.undo.name, error = error.message,
            "the run is stuck: a compensation failed for good"
        );
        self.note(job, CompensationResult::Failed { attempt, error });
        self.end(RunStatus::Stuck).await
    }

    async fn stuck_at_pivot(&mut self, (seq, step): &(Seq, String)) -> Result<RunStatus, Leave> {
        let message = format!("`{step}` is a pivot and cannot be undone, and the saga failed after it");
        tracing::error!(run = %self.work.run, step, "the run is stuck: it failed after its pivot");
        self.failure.compensations.push(Compensation {
            seq: *seq,
            step: step.clone(),
            rollback: String::new(),
            result: CompensationResult::Failed {
                attempt: 0,
                error: super::attempt::error("pivot", message),
            },
        });
        self.end(RunStatus::Stuck).await
    }

    fn note(&mut self, job: &Job, result: CompensationResult) {
        self.failure.compensations.push(Compensation {
            seq: job.item.seq,
            step: job.item.step.clone(),
            rollback: job.undo.name.to_owned(),
            result,
        });
    }

    fn is_finished(&self, seq: Seq) -> bool {
        self.history.handled.contains(&seq)
            || self.failure.compensations.iter().any(|compensation| {
                compensation.seq == seq
                    && !matches!(compensation.result, CompensationResult::Failed { .. })
            })
    }

    async fn end(&mut self, status: RunStatus) -> Result<RunStatus, Leave> {
        let update = RunUpdate {
            expect: Some(RunStatus::RollingBack),
            status: Some(status),
            failure: Some(encode(&self.failure)?),
            finished_at: status.is_final().then(|| self.work.engine.env.now()),
            ..RunUpdate::default()
        };
        self.log.append(Draft::new(Direction::Undo, RowKind::End), update).await?;
        Ok(status)
    }
}
