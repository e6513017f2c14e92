//! Undoes one run: its completed compensatable operations, newest first, each checkpointed.

use std::sync::Arc;

use super::history::{self, Done};
use super::performer::{self, Attempt, guarded, null, raw};
use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::codec::Stored;
use crate::context::Context;
use crate::operation::step::{StepDescriptor, StepInput, UndoDescriptor, UndoEnd, UndoInput};
use crate::protocol::checkpoint::{
    CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome, Undoes,
};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{Compensation, CompensationResult, StoredError, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::promise::Promise;
use crate::protocol::retry::Retry;
use crate::protocol::run::{RunStatus, RunUpdate};

/// How many times a step in doubt is run again before somebody has to look at it.
const MOST_SETTLING_ATTEMPTS: u32 = 10;

/// Rolls a run back as far as it goes: to its end, or until it is stuck.
pub(super) async fn drive(engine: &Arc<Engine>, run: RunId) -> Result<(), Trouble> {
    let mut undo = Undoing::load(engine, run).await?;
    if undo.is_past_pivot()? {
        return undo.stuck_past_pivot().await;
    }
    let plan = undo.plan()?;
    for target in plan {
        if !undo.undo(&target).await? {
            return Ok(());
        }
    }
    undo.finish().await
}

/// One thing to undo.
struct Target {
    done: Done,
    step: &'static StepDescriptor,
    undo: &'static UndoDescriptor,
}

struct Undoing<'e> {
    engine: &'e Arc<Engine>,
    run: RunId,
    saga: &'static str,
    rows: Vec<CheckpointRow>,
    seq: Seq,
    failure: StoredFailure,
    /// What became of the last compensation, to be written with the next row.
    outcome: Option<StoredOutcome>,
}

impl<'e> Undoing<'e> {
    async fn load(engine: &'e Arc<Engine>, run: RunId) -> Result<Self, Trouble> {
        let row = engine
            .read(|| engine.store.run(run))
            .await?
            .ok_or_else(|| Trouble::NoRun(run.to_string()))?;
        let saga = engine
            .registry
            .saga(&row.saga)
            .map_err(|reason| Trouble::Parked { run, reason })?
            .description
            .saga;
        let rows = history::rows(engine, run).await?;
        history::check_whole(run, &rows, row.seq)?;
        let failure = history::decode(run, "failure", row.failure.as_ref())?.ok_or_else(|| {
            Trouble::Parked {
                run,
                reason: "it rolls back without a failure".to_owned(),
            }
        })?;
        Ok(Self {
            engine,
            run,
            saga,
            rows,
            seq: row.seq,
            failure,
            outcome: None,
        })
    }

    /// What is left to undo, newest first. All of it is checked against this build before any of it
    /// is done.
    fn plan(&self) -> Result<Vec<Target>, Trouble> {
        let settled = self.settled()?;
        let mut plan = Vec::new();
        for done in history::done(self.run, &self.rows)?.into_iter().rev() {
            if settled.contains(&done.seq) || matches!(done.outcome, StoredOutcome::Failed(_)) {
                continue;
            }
            if done.operation == crate::operation::Sleep::NAME {
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
            match (&step.undo, self.promise(&done)?) {
                (Some(undo), _) => plan.push(Target { done, step, undo }),
                (None, Some(Promise::Undo(rollback))) => return Err(self.lost(&done, &rollback)),
                (None, _) => {}
            }
        }
        Ok(plan)
    }

    /// What an operation promised when it began; where that was not written down, what this build
    /// says of its step.
    fn promise(&self, done: &Done) -> Result<Option<Promise>, Trouble> {
        let written = match self.forward_row(done.seq) {
            Some(row) => history::promise(self.run, row)?,
            None => None,
        };
        let step = self.engine.registry.step(&done.operation);
        Ok(written.or_else(|| step.ok().and_then(StepDescriptor::promise)))
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

    /// Whether a pivot is done or in doubt: then there is no way back.
    fn is_past_pivot(&self) -> Result<bool, Trouble> {
        for done in history::done(self.run, &self.rows)? {
            let failed = matches!(done.outcome, StoredOutcome::Failed(_));
            if !failed && self.promise(&done)? == Some(Promise::Pivot) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn stuck_past_pivot(&mut self) -> Result<(), Trouble> {
        tracing::error!(run = %self.run, "a run is stuck: it failed past its pivot");
        let row = self.row(RowKind::End);
        let update = RunUpdate {
            status: Some(RunStatus::Stuck),
            wake_at: Some(None),
            ..RunUpdate::default()
        };
        self.commit(row, update).await.map(drop)
    }

    /// The positions that are undone already, or that an operator dealt with.
    fn settled(&self) -> Result<Vec<Seq>, Trouble> {
        let undone = self.failure.compensations.iter().filter(|compensation| {
            !matches!(compensation.result, CompensationResult::Failed { .. })
        });
        Ok(undone.map(|compensation| compensation.seq).collect())
    }

    fn row(&self, kind: RowKind) -> CheckpointRow {
        CheckpointRow {
            seq: self.seq.next(),
            part: Part::main(),
            direction: Direction::Undo,
            kind,
            point: String::new(),
            operation: None,
            arguments: None,
            frame: None,
            outcome: self
                .outcome
                .as_ref()
                .and_then(|outcome| Stored::encode(outcome).ok()),
            created_at: self.engine.environment.now(),
        }
    }

    /// Writes; false when the run is no longer this worker's.
    async fn commit(&mut self, row: CheckpointRow, mut update: RunUpdate) -> Result<bool, Trouble> {
        update.failure = Stored::encode(&self.failure).ok();
        let (seq, main) = (row.seq, row.part.is_main());
        let commit = Commit {
            run: self.run,
            create: None,
            update,
            rows: vec![row],
        };
        match self.engine.writer.write(commit).await {
            Ok(Committed::Stored) => {
                if main {
                    self.seq = seq;
                    self.outcome = None;
                }
                Ok(true)
            }
            Ok(_) | Err(WriteError::Stopped) => Ok(false),
            Err(WriteError::Refused(reason)) => Err(Trouble::Parked {
                run: self.run,
                reason,
            }),
        }
    }

    fn context(&self, target: &Target, attempt: u32, undo: bool) -> Context {
        Context {
            run: self.run,
            saga: self.saga,
            point: self
                .forward_row(target.done.seq)
                .map(|row| row.point.clone())
                .unwrap_or_default(),
            seq: target.done.seq,
            attempt,
            undo,
        }
    }

    fn forward_row(&self, seq: Seq) -> Option<&CheckpointRow> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.seq == seq && row.part.is_main())
    }

    /// Undoes one thing. False when the run is stuck, or no longer this worker's.
    async fn undo(&mut self, target: &Target) -> Result<bool, Trouble> {
        let (undoes, mut attempts) = match self.pending(target)? {
            Some(pending) => pending,
            None => {
                let Some(undoes) = self.settle_doubt(target).await? else {
                    return Ok(true);
                };
                let Ok(undoes) = undoes else { return Ok(false) };
                let mut row = self.row(RowKind::Await);
                row.point = self.context(target, 0, true).point;
                row.operation = Some(target.undo.name.to_owned());
                row.arguments = Stored::encode(&undoes).ok();
                if !self.commit(row, RunUpdate::default()).await? {
                    return Ok(false);
                }
                (undoes, Vec::new())
            }
        };
        let policy = target.undo.retry.unwrap_or(Retry::COMPENSATION);
        loop {
            let number = attempts
                .last()
                .map_or(1, |last: &StoredAttempt| last.attempt + 1);
            if let Some(last) = attempts.last() {
                self.engine
                    .environment
                    .sleep(last.next_at.since(self.engine.environment.now()))
                    .await;
            }
            let error = match self.attempt(target, &undoes, number).await? {
                Ok(()) => {
                    self.done(target, CompensationResult::Undone { attempt: number });
                    self.outcome = Some(StoredOutcome::Done(null()));
                    return Ok(true);
                }
                Err(error) => error,
            };
            let pause = policy.pause_after(number, self.engine.environment.random());
            let Some(pause) = pause else {
                return self.stuck(target, number, error).await.map(|()| false);
            };
            let next_at = self.engine.environment.now().after(pause);
            let failed = StoredAttempt {
                attempt: number,
                doubt: true,
                error,
                next_at,
            };
            if !self.note_attempt(&failed).await? {
                return Ok(false);
            }
            attempts.push(failed);
        }
    }

    /// The compensation that was under way when the run was stored, if it is this one's.
    fn pending(&self, target: &Target) -> Result<Option<(Undoes, Vec<StoredAttempt>)>, Trouble> {
        let newest = self.rows.iter().rfind(|row| row.part.is_main());
        let Some(row) = newest.filter(|row| {
            row.direction == Direction::Undo && row.kind == RowKind::Await && row.seq == self.seq
        }) else {
            return Ok(None);
        };
        let undoes: Option<Undoes> = history::decode(self.run, "undo row", row.arguments.as_ref())?;
        let Some(undoes) = undoes.filter(|undoes| undoes.seq == target.done.seq) else {
            return Ok(None);
        };
        let mut attempts = Vec::new();
        let parts = self
            .rows
            .iter()
            .filter(|part| part.seq == row.seq && !part.part.is_main());
        for part in parts {
            attempts.extend(history::decode(self.run, "attempt", part.outcome.as_ref())?);
        }
        attempts.sort_by_key(|attempt: &StoredAttempt| attempt.attempt);
        Ok(Some((undoes, attempts)))
    }

    async fn note_attempt(&mut self, failed: &StoredAttempt) -> Result<bool, Trouble> {
        let mut row = self.row(RowKind::Attempt);
        row.seq = self.seq;
        row.part = Part::main().attempt(failed.attempt);
        row.outcome = Stored::encode(failed).ok();
        let update = RunUpdate {
            wake_at: Some(Some(failed.next_at)),
            ..RunUpdate::default()
        };
        self.commit(row, update).await
    }

    async fn attempt(
        &self,
        target: &Target,
        undoes: &Undoes,
        number: u32,
    ) -> Result<Result<(), StoredError>, Trouble> {
        let parked = |reason| Trouble::Parked {
            run: self.run,
            reason,
        };
        let arguments = self
            .forward_row(target.done.seq)
            .and_then(|row| row.arguments.clone())
            .ok_or_else(|| {
                parked(format!(
                    "the arguments of `{}` are missing",
                    target.done.operation
                ))
            })?;
        let input = UndoInput {
            arguments,
            output: undoes
                .output
                .as_ref()
                .map(|output| Stored::from_json(output.get())),
            failure: self.failure.clone(),
            resources: self.engine.resources.clone(),
        };
        let context = self.context(target, number, true);
        let run = target.undo.run;
        self.engine.pulse.held().await;
        match guarded(context.scope(async move { run(input).await })).await {
            Ok(UndoEnd::Returned(result)) => Ok(result),
            Ok(UndoEnd::Undecodable(error)) => {
                Err(parked(format!("what `{}` takes {error}", target.undo.name)))
            }
            Ok(UndoEnd::MissingResource(missing)) => Err(parked(format!(
                "`{}` wants the resource `{}`, which is not provided",
                target.undo.name, missing.name
            ))),
            Err(panic) => Ok(Err(StoredError::of_engine(format!("panicked: {panic}")))),
        }
    }

    /// What the rollback will be told. Where it has to know and nobody does, the step is run again
    /// until its outcome is definite. `None`: it did not happen. `Err`: the run is stuck.
    async fn settle_doubt(
        &mut self,
        target: &Target,
    ) -> Result<Option<Result<Undoes, ()>>, Trouble> {
        let seq = target.done.seq;
        match &target.done.outcome {
            StoredOutcome::Done(output) => Ok(Some(Ok(Undoes {
                seq,
                output: Some(output.clone()),
            }))),
            _ if (target.undo.takes_outcome)() => Ok(Some(Ok(Undoes { seq, output: None }))),
            _ => self.run_again(target).await,
        }
    }

    async fn run_again(&mut self, target: &Target) -> Result<Option<Result<Undoes, ()>>, Trouble> {
        let seq = target.done.seq;
        let mut last = None;
        for number in 1..=MOST_SETTLING_ATTEMPTS {
            let Some(arguments) = self
                .forward_row(target.done.seq)
                .and_then(|row| row.arguments.clone())
            else {
                break;
            };
            let input = StepInput {
                arguments,
                resources: self.engine.resources.clone(),
            };
            let context = self.context(target, number, false);
            match performer::attempt(self.engine, target.step, input, context).await {
                Attempt::Done { stored, .. } => {
                    return Ok(Some(Ok(Undoes {
                        seq,
                        output: Some(raw(&stored)),
                    })));
                }
                // A definite error after doubt: for a rollback that has to know, it did not happen.
                Attempt::Failed { .. } => return Ok(None),
                Attempt::Unknown { error, .. } => last = Some(error),
                Attempt::Impossible(reason) => {
                    return Err(Trouble::Parked {
                        run: self.run,
                        reason,
                    });
                }
            }
            let random = self.engine.environment.random();
            if let Some(pause) = Retry::COMPENSATION.pause_after(number, random) {
                self.engine.environment.sleep(pause).await;
            }
        }
        let error = last.unwrap_or_else(|| {
            StoredError::of_engine("its outcome cannot be found out".to_owned())
        });
        self.stuck(target, MOST_SETTLING_ATTEMPTS, error).await?;
        Ok(Some(Err(())))
    }

    /// Notes what became of a compensation, in place of an earlier failure of it.
    fn done(&mut self, target: &Target, result: CompensationResult) {
        let happened = matches!(target.done.outcome, StoredOutcome::Done(_));
        let unknown = !happened && (target.undo.takes_outcome)();
        self.failure
            .compensations
            .retain(|known| known.seq != target.done.seq);
        self.failure.compensations.push(Compensation {
            seq: target.done.seq,
            step: target.done.operation.clone(),
            rollback: target.undo.name.to_owned(),
            unknown,
            result,
        });
    }

    async fn stuck(
        &mut self,
        target: &Target,
        attempt: u32,
        error: StoredError,
    ) -> Result<(), Trouble> {
        tracing::error!(
            run = %self.run, rollback = target.undo.name, error = error.message,
            "a run is stuck: its compensation failed for good"
        );
        self.outcome = Some(StoredOutcome::Failed(error.clone()));
        self.done(target, CompensationResult::Failed { attempt, error });
        let row = self.row(RowKind::End);
        let update = RunUpdate {
            status: Some(RunStatus::Stuck),
            wake_at: Some(None),
            ..RunUpdate::default()
        };
        self.commit(row, update).await.map(drop)
    }

    async fn finish(&mut self) -> Result<(), Trouble> {
        let row = self.row(RowKind::End);
        let update = RunUpdate {
            status: Some(RunStatus::RolledBack),
            wake_at: Some(None),
            finished_at: Some(self.engine.environment.now()),
            ..RunUpdate::default()
        };
        self.commit(row, update).await.map(drop)
    }
}
