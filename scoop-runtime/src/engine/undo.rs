//! One compensation: its row, then its attempts. Where a step in doubt has a rollback that wants a
//! value, the step itself is run again first, in the same way.


use super::attempt::{error, once};
use super::history::rows;
use super::log::{Draft, Leave, encode};
use super::performer::{null, raw};
use super::rollback::Rollback;
use crate::codec::Stored;
use crate::context::Context;
use crate::environment::BoxFuture;
use crate::operation::StepEnd;
use crate::operation::step::{Retry, StepDescriptor, StepInput, UndoDescriptor, UndoEnd, UndoInput};
use crate::protocol::checkpoint::{
    Direction, RowKind, StoredAttempt, StoredOutcome, Undoes,
};
use crate::protocol::failure::StoredError;
use crate::protocol::plan::Item;
use crate::protocol::resume::{Attempts, Newest};
use crate::protocol::retry;
use crate::protocol::run::{RunStatus, RunUpdate};

/// An operation to undo, with all that its rollback wants.
pub(super) struct Job {
    pub(super) item: Item,
    pub(super) undo: &'static UndoDescriptor,
    step: &'static StepDescriptor,
    point: String,
    arguments: Stored,
    pub(super) output: Option<Stored>,
    /// Whether the step itself is to be run again.
    settle: bool,
}

/// What all attempts together came to.
pub(super) enum Ran {
    /// One succeeded (or, for a step that is run again, said that it did not happen).
    Done(u32, StoredOutcome),
    /// None did.
    GaveUp(u32, StoredError),
}

/// What one attempt came to.
enum Once {
    Definite(StoredOutcome),
    Failed { error: StoredError, unknown: bool },
}

impl Job {
    pub(super) async fn of(rollback: &Rollback<'_>, item: &Item) -> Result<Self, Leave> {
        let engine = &rollback.work.engine;
        let step = engine.registry.step(&item.step);
        let found = step.and_then(|step| Some((step, step.undo.as_ref()?)));
        let (step, undo) = found.ok_or_else(|| {
            Leave::Parked(format!("the step `{}` has no rollback in this build", item.step))
        })?;
        let mut stored = rows(engine, rollback.work.run, vec![item.seq, item.seq.next()]).await?;
        stored.retain(|row| row.part.is_main());
        let after = stored.iter().find(|row| row.seq == item.seq.next());
        let outcome = after.and_then(|row| row.outcome.as_ref()?.decode().ok());
        let at = stored.iter().find(|row| row.seq == item.seq);
        let at = at.ok_or_else(|| Leave::Parked(format!("row {} is missing", item.seq)))?;
        Ok(Self {
            item: item.clone(),
            undo,
            step,
            point: at.point.clone(),
            arguments: at.arguments.clone().unwrap_or_else(|| Stored::from_json("[]")),
            output: outcome.as_ref().and_then(value),
            settle: item.settle,
        })
    }

    /// Takes what the step turned out to be.
    pub(super) fn settled(&mut self, outcome: &StoredOutcome) {
        self.output = value(outcome);
        self.settle = false;
    }

    const fn name(&self) -> &'static str {
        if self.settle { self.step.meta.name } else { self.undo.name }
    }

    fn draft(&self, kind: RowKind) -> Draft {
        Draft {
            point: self.point.clone(),
            operation: Some(self.name().to_owned()),
            arguments: Stored::encode(&Undoes { seq: self.item.seq }).ok(),
            ..Draft::new(Direction::Undo, kind)
        }
    }

    fn policy(&self, rollback: &Rollback<'_>) -> Retry {
        let limits = &rollback.work.engine.limits;
        match self.undo.retry {
            _ if self.settle => Retry { max: Some(limits.settle_attempts), ..retry::COMPENSATION },
            Some(retry) => retry,
            None => retry::COMPENSATION,
        }
    }
}

impl Rollback<'_> {
    /// Runs a compensation (or a step in doubt) until it succeeds or no other attempt is to follow.
    pub(super) async fn run(&self, job: &Job, newest: Option<&Newest>) -> Result<Ran, Leave> {
        let engine = &self.work.engine;
        let newest = newest.filter(|newest| newest.row.seq == self.log.seq());
        let mut attempts = match newest.and_then(|newest| under_way(job, newest)) {
            Some(attempts) => attempts,
            None => self.begin(job).await?,
        };
        engine.live.set(self.work.run, |progress| progress.point = Some(job.point.clone()));
        let policy = job.policy(self);
        loop {
            if let Some(next_at) = attempts.next_at {
                engine.wait_until(next_at).await;
            }
            let number = attempts.failed + 1;
            let (error, unknown) = match self.once(job, number).await? {
                Once::Definite(outcome) => return Ok(Ran::Done(number, outcome)),
                Once::Failed { error, unknown } => (error, unknown),
            };
            let Some(pause) = retry::pause(&policy, number, engine.env.random()) else {
                return Ok(Ran::GaveUp(number, error));
            };
            let next_at = engine.env.now().after(pause);
            let doubt = attempts.doubt || unknown;
            let stored = StoredAttempt { attempt: number, doubt, error, next_at };
            let draft = job.draft(RowKind::Attempt);
            self.log.attempt(draft, RunStatus::RollingBack, &stored).await?;
            attempts = attempts.and(&stored);
        }
    }

    async fn begin(&self, job: &Job) -> Result<Attempts, Leave> {
        let update = RunUpdate {
            expect: Some(RunStatus::RollingBack),
            failure: Some(encode(&self.failure)?),
            ..RunUpdate::default()
        };
        self.log.append(job.draft(RowKind::Await), update).await?;
        Ok(Attempts::default())
    }

    async fn once(&self, job: &Job, number: u32) -> Result<Once, Leave> {
        let saga = self.work.saga.description.saga;
        let context = Context::new(self.work.run, saga, job.point.clone(), job.item.seq)
            .attempt_number(number);
        if job.settle { self.step_again(job, context).await } else { self.undo(job, context).await }
    }

    async fn undo(&self, job: &Job, context: Context) -> Result<Once, Leave> {
        let input = UndoInput {
            arguments: job.arguments.clone(),
            output: job.output.clone(),
            failure: self.failure.clone(),
            resources: self.work.engine.resources.clone(),
        };
        let run = job.undo.run;
        let future: BoxFuture<'_, UndoEnd> =
            Box::pin(context.undo().scope(async move { run(input).await }));
        match once(&self.work.engine.env, None, future).await {
            Ok(UndoEnd::Returned(Ok(()))) => Ok(Once::Definite(StoredOutcome::Done(null()))),
            Ok(UndoEnd::Returned(Err(error))) => Ok(Once::Failed { error, unknown: false }),
            Err(cut) => Ok(Once::Failed { error: cut.into_error(), unknown: true }),
            Ok(UndoEnd::Undecodable(error)) => Err(parked(job.undo.name, &error.to_string())),
            Ok(UndoEnd::MissingResource(missing)) => Err(wants(job.undo.name, missing.name)),
        }
    }

    async fn step_again(&self, job: &Job, context: Context) -> Result<Once, Leave> {
        let resources = self.work.engine.resources.clone();
        let input = StepInput { arguments: job.arguments.clone(), resources };
        let run = job.step.run;
        let future: BoxFuture<'_, StepEnd> =
            Box::pin(context.scope(async move { run(input).await }));
        let name = job.step.meta.name;
        match once(&self.work.engine.env, None, future).await {
            Ok(StepEnd::Returned { stored, .. }) => Ok(match stored {
                Ok(Ok(output)) => Once::Definite(StoredOutcome::Done(raw(&output))),
                Ok(Err(error)) => Once::Definite(StoredOutcome::Failed(error)),
                Err(codec) => {
                    let message = format!("the output of `{name}` {codec}");
                    Once::Failed { error: error("unstorable", message), unknown: true }
                }
            }),
            Err(cut) => Ok(Once::Failed { error: cut.into_error(), unknown: true }),
            Ok(StepEnd::Undecodable(error)) => Err(parked(name, &error.to_string())),
            Ok(StepEnd::MissingResource(missing)) => Err(wants(name, missing.name)),
        }
    }
}

/// The attempts so far, where the newest row is that of this job.
fn under_way(job: &Job, newest: &Newest) -> Option<Attempts> {
    let row = &newest.row;
    let is_undo = row.kind == RowKind::Await && row.direction == Direction::Undo;
    let undoes: Undoes = row.arguments.as_ref().filter(|_| is_undo)?.decode().ok()?;
    let ours = undoes.seq == job.item.seq && row.operation.as_deref() == Some(job.name());
    ours.then_some(newest.attempts)
}

fn value(outcome: &StoredOutcome) -> Option<Stored> {
    match outcome {
        StoredOutcome::Done(raw) => Some(Stored::from_json(raw.get())),
        _ => None,
    }
}

fn parked(name: &str, why: &str) -> Leave {
    Leave::Parked(format!("what is stored for `{name}` {why}"))
}

fn wants(name: &str, resource: &str) -> Leave {
    Leave::Parked(format!("`{name}` wants the resource `{resource}`"))
}
