//! Undoes one run, or in a run that goes on an `async` block that lost a race: the completed compensatable
//! operations, newest first, each checkpointed.

mod attempt;
mod below;
mod deadline;
mod doubt;
mod load;
mod loser;
mod pause;
mod pivot;
mod plan;
mod stuck;
mod trail;
mod would;

use std::sync::Arc;
use std::time::Duration;

use self::attempt::Tried;
pub(super) use self::below::undo_lost_saga;
pub(super) use self::loser::{Lost, undo_block};
pub(super) use self::pivot::{is_past_pivot, is_past_pivot_in};
pub(super) use self::plan::check;
use self::plan::{Planned, Target};
use self::trail::Trail;
pub(super) use self::would::would_undo;
use super::done::Done;
use super::history;
use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::codec::Stored;
use crate::context::{AtLeast, Context};
use crate::protocol::checkpoint::{
    CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome, Undoes,
};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{Compensation, CompensationResult, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::retry::Retry;
use crate::protocol::run::{RunStatus, RunUpdate};

/// Rolls a run back as far as it goes: to its end, or until it is stuck.
pub(super) async fn drive(engine: &Arc<Engine>, run: RunId) -> Result<(), Trouble> {
    let mut undo = Undoing::load(engine, run).await?;
    if !undo.is_checked_above() && undo.is_past_pivot().await? {
        return undo.stuck_past_pivot().await;
    }
    let plan = undo.plan().await?;
    if undo.undo_all(plan).await? {
        undo.finish().await?;
    }
    Ok(())
}

struct Undoing<'e> {
    engine: &'e Arc<Engine>,
    run: RunId,
    saga: &'static str,
    /// How long it may take, from when it began.
    limit: Option<Duration>,
    rows: Vec<CheckpointRow>,
    /// Where its own rows are.
    trail: Trail<'e>,
    /// The number of the newest of them.
    seq: Seq,
    /// The newest of them that was in the store at first.
    newest: Option<CheckpointRow>,
    /// Why, without what became of the compensations.
    failure: Arc<StoredFailure>,
    /// Those so far, which the row of the run is told of in the end: each time would be much for many.
    compensations: Vec<Compensation>,
    /// What became of the last compensation, to be written with the next row.
    outcome: Option<StoredOutcome>,
    /// Whether the run was given up with the newest row, to wait in the store.
    released: bool,
    /// The row of a compensation in a transaction that failed at first.
    undoing: Option<CheckpointRow>,
    /// The compensation whose row was written last.
    under_way: Option<(Seq, Part)>,
    /// Whether a compensation failed for good.
    is_stuck: bool,
}

impl Undoing<'_> {
    /// A row after the last one, with the outcome of the last compensation.
    fn row(&self, kind: RowKind) -> CheckpointRow {
        let (seq, part) = self.trail.at(self.seq.next());
        CheckpointRow {
            seq,
            part,
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
    async fn commit(&mut self, row: CheckpointRow, update: RunUpdate) -> Result<bool, Trouble> {
        self.commit_all(vec![row], update).await
    }

    async fn commit_all(
        &mut self,
        rows: Vec<CheckpointRow>,
        mut update: RunUpdate,
    ) -> Result<bool, Trouble> {
        let ends = rows.iter().any(|row| row.kind == RowKind::End);
        if ends && self.trail.is_of_run() {
            update.failure = Stored::encode(&self.told()).ok();
        }
        let numbers = rows.iter().filter_map(|row| self.trail.number(row));
        let (number, released) = (numbers.max(), update.released);
        let commit = Commit {
            run: self.run,
            create: None,
            update,
            rows,
        };
        match self.engine.writer.write(commit).await {
            Ok(Committed::Stored) => {
                self.released = released;
                if let Some(number) = number {
                    self.seq = number;
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
            point: target.done.point.clone(),
            seq: target.done.seq,
            part: target.done.part.clone(),
            attempt,
            undo,
            at_least: AtLeast::default(),
        }
    }

    /// Undoes all of this. False when the run is stuck, or no longer this worker's.
    async fn undo_all(&mut self, plan: Vec<Planned>) -> Result<bool, Trouble> {
        for planned in plan {
            let goes_on = match planned {
                Planned::Step(target) => self.undo(&target).await?,
                Planned::Saga(below) => self.undo_below(&below).await?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Undoes one thing. False when the run is stuck, or no longer this worker's.
    async fn undo(&mut self, target: &Target) -> Result<bool, Trouble> {
        let Some(mut begun) = self.begin(target).await? else {
            return Ok(true);
        };
        let policy = target.undo.retry.unwrap_or(Retry::COMPENSATION);
        let mut last: Option<StoredAttempt> = begun.attempts.pop();
        loop {
            let number = last.as_ref().map_or(1, |last| last.attempt + 1);
            let due = last.as_ref().map(|last| last.next_at);
            if !self.may_begin(&mut begun, due).await? {
                return Ok(false);
            }
            let late = last
                .as_ref()
                .and_then(|last| self.too_late(last.next_at, &last.error));
            if let Some(error) = late {
                return self.stuck(target, number - 1, error).await.map(|()| false);
            }
            let (error, at_least) = match self.attempt(target, &mut begun, number).await? {
                Tried::Undone => return Ok(true),
                Tried::Left => return Ok(false),
                Tried::Failed(error, at_least) => (error, at_least),
            };
            let pause = policy.pause_after(number, self.engine.environment.random());
            let Some(pause) = pause else {
                return self.stuck(target, number, error).await.map(|()| false);
            };
            let failed = StoredAttempt {
                attempt: number,
                doubt: !begun.in_transaction,
                error,
                next_at: self.engine.environment.now().after(pause.max(at_least)),
            };
            if !self.note_attempt(&failed).await? {
                return Ok(false);
            }
            last = Some(failed);
        }
    }

    /// The compensation that was under way when the run was stored, if it is this one's.
    fn pending(&self, of: &Done) -> Result<Option<(Undoes, Vec<StoredAttempt>)>, Trouble> {
        let Some(row) = self.newest.as_ref().filter(|row| {
            let is_newest = self.trail.number(row) == Some(self.seq);
            row.direction == Direction::Undo && row.kind == RowKind::Await && is_newest
        }) else {
            return Ok(None);
        };
        let undoes: Option<Undoes> = history::decode(self.run, "undo row", row.arguments.as_ref())?;
        let Some(undoes) = undoes.filter(|undoes| (undoes.seq, &undoes.part) == (of.seq, &of.part))
        else {
            return Ok(None);
        };
        let mut attempts = Vec::new();
        let parts = self
            .rows
            .iter()
            .filter(|part| part.seq == row.seq && part.part.is_attempt_at(&row.part));
        for part in parts {
            attempts.extend(history::decode(self.run, "attempt", part.outcome.as_ref())?);
        }
        attempts.sort_by_key(|attempt: &StoredAttempt| attempt.attempt);
        Ok(Some((undoes, attempts)))
    }

    /// Notes what became of a compensation.
    fn done(&mut self, target: &Target, result: CompensationResult) {
        let happened = matches!(target.done.outcome, StoredOutcome::Done(_));
        let unknown = !happened && (target.undo.takes_outcome)();
        self.note(Compensation {
            seq: target.done.seq,
            part: target.done.part.clone(),
            step: target.done.operation.clone(),
            rollback: target.undo.name.to_owned(),
            unknown,
            result,
        });
    }

    fn note(&mut self, compensation: Compensation) {
        self.compensations.push(compensation);
    }

    /// Writes that all is undone. False when the run is no longer this worker's.
    async fn finish(&mut self) -> Result<bool, Trouble> {
        let row = self.row(RowKind::End);
        let update = match self.trail {
            Trail::OfBlock { .. } => RunUpdate::default(),
            Trail::OfRun => RunUpdate {
                status: Some(RunStatus::RolledBack),
                wake_at: Some(None),
                finished_at: Some(self.engine.environment.now()),
                ..RunUpdate::default()
            },
        };
        self.commit(row, update).await
    }
}
