//! One operation of a body: its checkpoint, then its attempts.

use super::attempt::{Cut, error, once};
use super::execution::{Execution, LastFailure, failure, lock};
use super::log::{Draft, Leave, NotWritten};
use super::prepare::{Prepared, Work};
use crate::codec::Stored;
use crate::context::Context;
use crate::frame::Slot;
use crate::operation::step::{Retry, StepDescriptor, StepInput};
use crate::operation::{Intent, Settled, Sleep, StepEnd, Unsettled};
use crate::protocol::checkpoint::{Direction, RowKind, StoredAttempt, StoredOutcome};
use crate::protocol::description::{OperationKind, OperationMeta, Point, StepKind};
use crate::protocol::failure::{FailureKind, StoredError};
use crate::protocol::id::Seq;
use crate::protocol::resume::Attempts;
use crate::protocol::retry;
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;

/// A step at an await point.
struct Job {
    step: &'static StepDescriptor,
    point: &'static Point,
    arguments: Stored,
}

/// How an attempt ended that did not succeed.
struct Failed {
    error: StoredError,
    kind: FailureKind,
    /// What the function returned; none where it did not.
    value: Option<Box<dyn std::any::Any + Send>>,
    policy: Retry,
}

impl Execution {
    /// Writes the checkpoint of an await point, then does what is intended.
    pub(super) async fn begin(
        &self,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> Settled {
        let prepared = match self.prepare(point, intent, live) {
            Ok(prepared) => prepared,
            Err(failure) => return Settled::Unsettled(Box::new(Unsettled { failure })),
        };
        match self.checkpoint(point, &prepared).await {
            Ok(_) => self.perform_work(point, prepared, Attempts::default()).await,
            Err(NotWritten::Leave(leave)) => self.leave(leave).await,
            Err(NotWritten::Refused(why)) => {
                let hop = self.hop(Some((point, prepared.work.name())), 0);
                self.unsettled(FailureKind::Unstorable, error("refused", why), hop, None)
            }
        }
    }

    /// Does what the stored checkpoint intends.
    pub(super) async fn begin_again(
        &self,
        point: &'static Point,
        operation: OperationMeta,
    ) -> Settled {
        let newest = lock(&self.resumed).take();
        let newest = newest.expect("a body is resumed only where a row was read");
        if newest.row.operation.as_deref() != Some(operation.name) {
            let stored = newest.row.operation.as_deref().unwrap_or("nothing");
            let reason = format!(
                "await point `{}` waits for `{stored}`, but in this build for `{}`",
                point.name, operation.name
            );
            return self.leave(Leave::Parked(reason)).await;
        }
        let arguments = newest.row.arguments.unwrap_or_else(|| Stored::from_json("[]"));
        match self.stored_work(operation.name, &arguments) {
            Ok(work) => {
                let prepared = Prepared { work, arguments, live: Vec::new() };
                let attempts = newest.attempts.found_at(self.engine.env.now());
                self.perform_work(point, prepared, attempts).await
            }
            Err(reason) => self.leave(Leave::Parked(reason)).await,
        }
    }

    async fn checkpoint(&self, point: &Point, prepared: &Prepared) -> Result<Seq, NotWritten> {
        let seq = self.log.seq().next();
        let (frame, table) = lock(&self.slots)
            .delta(seq, &prepared.live)
            .map_err(|error| NotWritten::Refused(error.to_string()))?;
        let wake_at = prepared.work.wake_at();
        let update = RunUpdate {
            expect: Some(RunStatus::Running),
            wake_at: wake_at.map(Some),
            ..RunUpdate::default()
        };
        let draft = Draft {
            point: point.name.to_owned(),
            operation: Some(prepared.work.name().to_owned()),
            arguments: Some(prepared.arguments.clone()),
            frame: Some(super::log::encode(&frame)?),
            ..Draft::new(Direction::Forward, RowKind::Await)
        };
        self.log.append(draft, update).await?;
        *lock(&self.slots) = table;
        *lock(&self.last) = None;
        Ok(seq)
    }

    async fn perform_work(
        &self,
        point: &'static Point,
        prepared: Prepared,
        attempts: Attempts,
    ) -> Settled {
        let wake_at = prepared.work.wake_at();
        self.engine.live.set(self.log.run, |progress| {
            progress.point = Some(point.name.to_owned());
            progress.wake_at = wake_at;
        });
        match prepared.work {
            Work::Step(step) => {
                let job = Job { step, point, arguments: prepared.arguments };
                self.attempts(&job, attempts).await
            }
            Work::Sleep(until) => {
                self.engine.wait_until(until).await;
                self.log.set_outcome(StoredOutcome::Done(null()));
                Settled::Value(Box::new(()))
            }
        }
    }

    /// Attempts until one succeeds or no other is to follow.
    async fn attempts(&self, job: &Job, mut attempts: Attempts) -> Settled {
        loop {
            if let Some(next_at) = attempts.next_at {
                self.engine.wait_until(next_at).await;
            }
            let number = attempts.failed + 1;
            let failed = match self.attempt(job, number).await {
                Ok(settled) => return settled,
                Err(failed) => failed,
            };
            attempts.doubt |= failed.value.is_none();
            let jitter = self.engine.env.random();
            let Some(pause) = retry::pause(&failed.policy, number, jitter) else {
                return self.give_up(job, failed, number, attempts.doubt);
            };
            let next_at = self.engine.env.now().after(pause);
            let doubt = attempts.doubt;
            let stored = StoredAttempt { attempt: number, doubt, error: failed.error, next_at };
            if let Err(not_written) = self.store_attempt(job, &stored).await {
                return self.leave(not_written.into()).await;
            }
            attempts = attempts.and(&stored);
        }
    }

    /// One attempt.
    async fn attempt(&self, job: &Job, number: u32) -> Result<Settled, Failed> {
        let end = self.run_once(job, number).await;
        let (value, stored) = match end {
            Ok(StepEnd::Returned { value, stored }) => (value, stored),
            Ok(StepEnd::Undecodable(error)) => {
                let reason = format!("an argument of the step `{}` {error}", job.step.meta.name);
                return self.leave(Leave::Parked(reason)).await;
            }
            Ok(StepEnd::MissingResource(missing)) => {
                let (step, missing) = (job.step.meta.name, missing.name);
                let reason = format!("the step `{step}` wants the resource `{missing}`");
                return self.leave(Leave::Parked(reason)).await;
            }
            Err(cut) => return Err(job.cut(cut)),
        };
        match stored {
            Ok(Ok(output)) => {
                self.log.set_outcome(StoredOutcome::Done(raw(&output)));
                Ok(Settled::Value(value))
            }
            Ok(Err(error)) => Err(job.returned(error, value)),
            Err(codec) => {
                let name = job.step.meta.name;
                let error = error("unstorable", format!("the output of `{name}` {codec}"));
                self.log.set_outcome(StoredOutcome::Unknown(error.clone()));
                let hop = self.hop(Some((job.point, name)), number);
                let doubt = Some(self.log.seq());
                Ok(self.unsettled(FailureKind::Unstorable, error, hop, doubt))
            }
        }
    }

    async fn run_once(&self, job: &Job, number: u32) -> Result<StepEnd, Cut> {
        let context = Context::new(
            self.log.run,
            self.saga.description.saga,
            job.point.name.to_owned(),
            self.log.seq(),
        );
        let input = StepInput {
            arguments: job.arguments.clone(),
            resources: self.engine.resources.clone(),
        };
        let run = job.step.run;
        let future = context.attempt_number(number).scope(async move { run(input).await });
        once(&self.engine.env, job.timeout(), Box::pin(future)).await
    }

    async fn store_attempt(&self, job: &Job, attempt: &StoredAttempt) -> Result<(), NotWritten> {
        let draft = Draft {
            point: job.point.name.to_owned(),
            operation: Some(job.step.meta.name.to_owned()),
            ..Draft::new(Direction::Forward, RowKind::Attempt)
        };
        self.log.attempt(draft, RunStatus::Running, attempt).await?;
        let wake_at = Some(attempt.next_at);
        self.engine.live.set(self.log.run, |progress| progress.wake_at = wake_at);
        Ok(())
    }

    /// No other attempt is to follow.
    fn give_up(&self, job: &Job, failed: Failed, number: u32, doubt: bool) -> Settled {
        let hop = self.hop(Some((job.point, job.step.meta.name)), number);
        let unknown = failed.value.is_none() || (doubt && job.takes_outcome());
        self.log.set_outcome(if unknown {
            StoredOutcome::Unknown(failed.error.clone())
        } else {
            StoredOutcome::Failed(failed.error.clone())
        });
        match failed.value {
            Some(value) => {
                let tried = job.point.tried;
                *lock(&self.last) = Some(LastFailure { hop, error: failed.error, tried });
                Settled::Value(value)
            }
            None => self.unsettled(failed.kind, failed.error, hop, Some(self.log.seq())),
        }
    }

    pub(super) fn unsettled(
        &self,
        kind: FailureKind,
        error: StoredError,
        hop: crate::protocol::failure::Hop,
        doubt: Option<Seq>,
    ) -> Settled {
        let failure = failure(kind, error, vec![hop], doubt);
        Settled::Unsettled(Box::new(Unsettled { failure }))
    }
}

impl Job {
    fn kind(&self) -> StepKind {
        match self.step.meta.kind {
            OperationKind::Step(kind) => kind,
            OperationKind::Sleep | OperationKind::Saga => StepKind::ReadOnly,
        }
    }

    fn takes_outcome(&self) -> bool {
        self.step.undo.as_ref().is_some_and(|undo| (undo.takes_outcome)())
    }

    /// A step whose rollback cannot take an unknown outcome is never abandoned.
    fn timeout(&self) -> Option<std::time::Duration> {
        let may_be_left = self.kind() != StepKind::Compensatable || self.takes_outcome();
        self.step.timeout.filter(|_| may_be_left)
    }

    fn policy(&self) -> Retry {
        self.step.retry.unwrap_or_else(|| retry::of_step(self.kind()))
    }

    fn returned(&self, error: StoredError, value: Box<dyn std::any::Any + Send>) -> Failed {
        let worth = self.step.retry_on.is_none_or(|worth| worth(&*value));
        let policy = if worth { self.policy() } else { retry::ONCE };
        Failed { error, kind: FailureKind::Error, value: Some(value), policy }
    }

    fn cut(&self, cut: Cut) -> Failed {
        let again = self.step.retry.is_none() && self.kind() != StepKind::Compensatable;
        let (kind, policy) = match &cut {
            Cut::TimedOut(_) if again => (FailureKind::Timeout, retry::FOR_EVER),
            Cut::TimedOut(_) => (FailureKind::Timeout, self.policy()),
            Cut::Panicked(_) => (FailureKind::Panic, self.policy()),
        };
        Failed { error: cut.into_error(), kind, value: None, policy }
    }
}

impl Work {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Step(step) => step.meta.name,
            Self::Sleep(_) => Sleep::NAME,
        }
    }

    const fn wake_at(&self) -> Option<Timestamp> {
        match self {
            Self::Step(_) => None,
            Self::Sleep(until) => Some(*until),
        }
    }
}

/// The value of what returns none.
pub(super) fn null() -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::NULL.to_owned()
}

/// The JSON of an encoded value.
pub(super) fn raw(stored: &Stored) -> Box<serde_json::value::RawValue> {
    let json = stored.json().unwrap_or("null").to_owned();
    serde_json::value::RawValue::from_string(json).unwrap_or_else(|_| null())
}
