//! Does one operation of a body: attempts, back-off, time limits, doubt.

use std::any::Any;

use super::attempt::{Attempt, attempt};
use super::execution::{Execution, Exit};
use super::halt::Halt;
use super::history::{self, PendingRow};
use super::{branch, child};
use crate::codec::Stored;
use crate::context::{AtLeast, Context};
use crate::operation::step::{StepDescriptor, StepInput};
use crate::operation::{Settled, Sleep, Unsettled};
use crate::protocol::branch::is_several;
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredAttempt, StoredOutcome};
use crate::protocol::description::{OperationKind, Point, StepKind};
use crate::protocol::failure::{Earlier, FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::retry::Retry;
use crate::protocol::run::RunUpdate;
use crate::protocol::spawn::SPAWN;
use crate::protocol::timestamp::Timestamp;

/// The retry policy of a step.
pub(super) fn policy(step: &StepDescriptor) -> Retry {
    step.retry.unwrap_or(match step.meta.kind {
        OperationKind::Step(StepKind::Retriable) => Retry::RETRIABLE,
        _ => Retry::STEP,
    })
}

/// The retry policy after a failure of this kind. One that ran out of time is attempted again,
/// unless it may be undone or says how often.
fn policy_after(step: &StepDescriptor, kind: FailureKind) -> Retry {
    let compensatable = step.meta.kind == OperationKind::Step(StepKind::Compensatable);
    if kind == FailureKind::Timeout && step.retry.is_none() && !compensatable {
        return Retry::RETRIABLE;
    }
    policy(step)
}

/// Where the attempts at a step have come to.
pub(super) struct Tries {
    /// The one that is due, from 1.
    pub(super) number: u32,
    /// Whether the outcome of one of them is unknown.
    doubt: bool,
    /// Whether one without an outcome did not happen.
    definite: bool,
    /// How long the one that is due asks to wait for the next.
    at_least: AtLeast,
}

impl Tries {
    /// After the last one that is stored.
    pub(super) fn after(last: Option<&StoredAttempt>, definite: bool) -> Self {
        Self {
            number: last.map_or(1, |last| last.attempt + 1),
            doubt: last.is_some_and(|last| last.doubt),
            definite,
            at_least: AtLeast::default(),
        }
    }

    /// Whether nobody knows if one of them happened, where the one that is due has begun, or not.
    pub(super) fn is_in_doubt(&self, begun: bool) -> bool {
        self.doubt || (begun && !self.definite)
    }

    fn next(&mut self) {
        self.number += 1;
        self.at_least = AtLeast::default();
    }
}

impl Execution {
    /// Does the operation of this row, new or again.
    pub(super) async fn operate(
        &self,
        point: &'static Point,
        pending: &PendingRow,
        again: bool,
    ) -> Settled {
        if self.engine.is_closing() {
            return self.left().await;
        }
        let name = pending.row.operation.as_deref().unwrap_or_default();
        if name == Sleep::NAME {
            return self.sleep(point, &pending.row).await;
        }
        if name == SPAWN {
            return self.spawn(pending, again).await;
        }
        if is_several(name) {
            return self.several(point, pending, again).await;
        }
        if self.engine.registry.may_be_saga(name) {
            match history::promise(self.run, &pending.row).map(child::run_of) {
                Ok(Some(run)) => return self.child(point, pending, run, again).await,
                Ok(None) => {}
                Err(trouble) => return self.park(trouble.reason()).await,
            }
        }
        match self.engine.registry.step(name) {
            Ok(step) if step.transaction.is_some() => {
                self.transactional(point, step, pending, None).await
            }
            Ok(step) if pending.own.is_some() => {
                self.park(history::no_transaction(step.meta.name)).await
            }
            Ok(step) => self.step(point, step, pending, again).await,
            Err(why) => self.park(why).await,
        }
    }

    pub(super) async fn park(&self, why: String) -> Settled {
        self.leave(Exit::Park(why));
        std::future::pending().await
    }

    async fn sleep(&self, point: &Point, row: &CheckpointRow) -> Settled {
        let until = row.arguments.as_ref().map(Stored::decode::<[Timestamp; 1]>);
        match until {
            Some(Ok([until])) => {
                if let Some(halt) = self.wait_until(until).await {
                    let hop = self.hop(Some(point), Some(Sleep::NAME), 1);
                    return self.interrupted(row.seq, hop, &halt);
                }
            }
            Some(Err(error)) => return self.park(format!("the end of a sleep {error}")).await,
            None => {}
        }
        self.set_outcome(StoredOutcome::Done(null()));
        Settled::Value(Box::new(()))
    }

    async fn step(
        &self,
        point: &'static Point,
        step: &'static StepDescriptor,
        pending: &PendingRow,
        again: bool,
    ) -> Settled {
        let last = pending.attempts.last();
        let mut tries = Tries::after(last, false);
        // A pause that is not over yet was not followed by an attempt, nor was one during which the
        // run was nobody's.
        let begun = |last: &StoredAttempt| last.next_at <= self.now() && !self.was_dormant;
        tries.doubt |= again && last.is_none_or(begun);
        if let Some(given_up) = self.pause_again(point, step, pending).await {
            return given_up;
        }
        loop {
            let ended = self.one_attempt(point, step, pending, &tries).await;
            if let Some(settled) = self.judge(point, step, pending, &mut tries, ended).await {
                return settled;
            }
        }
    }

    /// Waits until another attempt is due; not where the run is halted, unless a pivot is in doubt. Where
    /// an attempt may be under way since, that is `again`, one is due at once.
    pub(super) async fn pause(
        &self,
        step: &StepDescriptor,
        last: &StoredAttempt,
        again: bool,
    ) -> Option<Halt> {
        if last.doubt && step.meta.kind == OperationKind::Step(StepKind::Pivot) {
            self.rest_until(last.next_at).await;
            return None;
        }
        match self.wait_until(last.next_at).await {
            None if !again => self.halted().await,
            halt => halt,
        }
    }

    /// After what is stored, waits until an attempt is due.
    pub(super) async fn pause_again(
        &self,
        point: &Point,
        step: &StepDescriptor,
        pending: &PendingRow,
    ) -> Option<Settled> {
        let last = pending.attempts.last()?;
        let halt = self.pause(step, last, true).await?;
        Some(self.no_more(point, step, pending, last, &halt))
    }

    /// No other attempt, because of this.
    fn no_more(
        &self,
        point: &Point,
        step: &StepDescriptor,
        pending: &PendingRow,
        last: &StoredAttempt,
        halt: &Halt,
    ) -> Settled {
        let wrap = if last.doubt {
            StoredOutcome::Unknown
        } else {
            StoredOutcome::Failed
        };
        let (seq, error) = (pending.row.seq, last.error.clone());
        self.set_outcome(wrap(error.clone()));
        let hop = self.hop(Some(point), Some(step.meta.name), last.attempt);
        let failed = Earlier {
            hop: hop.clone(),
            error,
            below: None,
        };
        self.note_failure(seq, failed);
        self.unsettled_by(seq, hop, halt)
    }

    /// What an attempt comes to; `None` when another one is due.
    pub(super) async fn judge(
        &self,
        point: &'static Point,
        step: &'static StepDescriptor,
        pending: &PendingRow,
        tries: &mut Tries,
        ended: Attempt,
    ) -> Option<Settled> {
        let (kind, error, value) = match ended {
            Attempt::Impossible(why) => return Some(self.park(why).await),
            Attempt::Dropped(dropped) => {
                return Some(self.dropped(point, step, pending, tries, &dropped));
            }
            Attempt::Done { value, stored } => {
                self.set_outcome(StoredOutcome::Done(raw(&stored)));
                return Some(Settled::Value(value));
            }
            Attempt::Failed { value, error } => (FailureKind::Error, error, Some(value)),
            Attempt::Unknown { kind, error } => {
                tries.doubt = tries.is_in_doubt(true);
                (kind, error, None)
            }
        };
        let worth_it = match (&value, step.retry_on) {
            (Some(value), Some(on)) => on(&**value),
            _ => true,
        };
        let (number, doubt) = (tries.number, tries.doubt);
        let policy = policy_after(step, kind);
        let pause = policy.pause_after(number, self.engine.environment.random());
        if let Some(pause) = pause.filter(|_| worth_it) {
            let next_at = self.now().after(pause.max(tries.at_least.take()));
            let failed = StoredAttempt {
                attempt: number,
                doubt,
                error,
                next_at,
            };
            if let Err(why) = self.note_attempt(&pending.row, &failed).await {
                return Some(self.park(why).await);
            }
            tries.next();
            let halt = self.pause(step, &failed, false).await?;
            return Some(self.no_more(point, step, pending, &failed, &halt));
        }
        let hop = self.hop(Some(point), Some(step.meta.name), number);
        Some(self.give_up(pending, step, hop, kind, error, value, doubt))
    }

    async fn one_attempt(
        &self,
        point: &'static Point,
        step: &'static StepDescriptor,
        pending: &PendingRow,
        tries: &Tries,
    ) -> Attempt {
        let Some(arguments) = pending.row.arguments.clone() else {
            return Attempt::Impossible(history::no_arguments(step.meta.name));
        };
        let input = StepInput {
            arguments,
            resources: self.engine.resources.clone(),
            transaction: None,
        };
        let context = self.context(point, &pending.row, tries);
        let attempt = attempt(&self.engine, step, input, context);
        self.unless_halted(step, attempt).await
    }

    /// What an attempt can know of its run.
    pub(super) fn context(&self, point: &Point, row: &CheckpointRow, tries: &Tries) -> Context {
        Context {
            run: self.run,
            saga: self.saga.description.saga,
            point: point.name.to_owned(),
            seq: row.seq,
            part: row.part.clone(),
            attempt: tries.number,
            undo: false,
            at_least: tries.at_least.clone(),
        }
    }

    /// Writes down that an attempt failed and when the next one is due.
    async fn note_attempt(
        &self,
        row: &CheckpointRow,
        failed: &StoredAttempt,
    ) -> Result<(), String> {
        let attempt = CheckpointRow {
            part: row.part.attempt(failed.attempt),
            kind: RowKind::Attempt,
            frame: None,
            arguments: None,
            outcome: Some(Stored::encode(failed).map_err(|error| error.to_string())?),
            created_at: self.now(),
            ..row.clone()
        };
        let update = match branch::is_one_of_several() {
            // The others are under way.
            true => RunUpdate::default(),
            false => self.waits(failed.next_at),
        };
        match self.commit(vec![attempt], update).await {
            Some(result) => result,
            None => std::future::pending().await,
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "all that is known of a failed attempt"
    )]
    /// No other attempt: the body gets the `Err`, or ends where there is no value for it.
    fn give_up(
        &self,
        pending: &PendingRow,
        step: &StepDescriptor,
        hop: Hop,
        kind: FailureKind,
        error: StoredError,
        value: Option<Box<dyn Any + Send>>,
        doubt: bool,
    ) -> Settled {
        // An `Err` after doubt: only a rollback that knows of doubt is called for it.
        let knows = |step: &StepDescriptor| {
            step.undo
                .as_ref()
                .is_some_and(|undo| (undo.takes_outcome)())
        };
        let unknown = doubt && (value.is_none() || knows(step));
        let wrap = if unknown {
            StoredOutcome::Unknown
        } else {
            StoredOutcome::Failed
        };
        self.set_outcome(wrap(error.clone()));
        let mut failure = StoredFailure::new(kind, error.clone(), hop.clone());
        failure.doubt = unknown.then_some(pending.row.seq);
        let below = None;
        self.note_failure(pending.row.seq, Earlier { hop, error, below });
        match value {
            Some(value) => Settled::Failed {
                value,
                failure: Box::new(failure),
            },
            None => Settled::Unsettled(Box::new(Unsettled { failure })),
        }
    }
}

/// The JSON inside an encoded value.
pub(super) fn raw(stored: &Stored) -> Box<serde_json::value::RawValue> {
    stored.decode().unwrap_or_else(|_| null())
}

pub(super) fn null() -> Box<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(&()).expect("null is JSON")
}
