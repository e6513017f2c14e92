//! The rollback plan, read from the rows of a run.

use std::collections::{HashMap, HashSet};

use super::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome, Undoes};
use super::description::StepKind;
use super::failure::StoredError;
use super::id::Seq;
use super::timestamp::Timestamp;
use crate::codec::CodecError;

/// What a run has done, newest first.
#[derive(Debug, Default)]
pub struct History {
    /// The operations that the body awaited.
    pub past: Vec<Past>,
    /// How what ran during the rollback ended, by the row it is for and the stored name: of the
    /// rollback, or of a step in doubt that was run again.
    pub undone: HashMap<(Seq, String), StoredOutcome>,
    /// The operations whose undoing an operator skipped or did by hand.
    pub handled: HashSet<Seq>,
    /// The outcome in the row after the one to be read next.
    following: Option<StoredOutcome>,
    attempts: u32,
}

/// An operation that the body awaited.
#[derive(Debug)]
pub struct Past {
    /// Its row.
    pub seq: Seq,
    /// Its await point.
    pub point: String,
    /// Its stored name.
    pub operation: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How many attempts failed and were followed by another.
    pub failed_attempts: u32,
    /// When it began.
    pub at: Timestamp,
}

/// What became of an operation, without its value.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It returned a value.
    Done,
    /// It did not happen.
    Failed(StoredError),
    /// Nobody knows.
    Unknown(Option<StoredError>),
}

/// What a build knows of a step, as far as a plan needs it.
#[derive(Clone, Copy, Debug)]
pub struct StepShape {
    /// What it promises.
    pub kind: StepKind,
    /// Whether its rollback takes an unknown outcome.
    pub takes_outcome: bool,
}

/// What has to be undone.
#[derive(Debug, Default)]
pub struct Plan {
    /// The operations to undo, newest first.
    pub items: Vec<Item>,
    /// The newest pivot that is done or in doubt.
    pub pivot: Option<(Seq, String)>,
}

/// One operation to undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its row.
    pub seq: Seq,
    /// The stored name of the step.
    pub step: String,
    /// Whether nobody knows if it happened.
    pub doubt: bool,
    /// Whether it has to be run again until somebody knows.
    pub settle: bool,
}

impl History {
    /// Takes a page of rows: newest first, the parts of one `seq` in order.
    ///
    /// # Errors
    /// When a row cannot be decoded.
    pub fn read(&mut self, page: Vec<CheckpointRow>) -> Result<(), CodecError> {
        let mut parts: HashMap<Seq, u32> = HashMap::new();
        for row in page.iter().filter(|row| row.kind == RowKind::Attempt) {
            *parts.entry(row.seq).or_default() += 1;
        }
        for row in page {
            if row.part.is_main() {
                self.attempts = parts.get(&row.seq).copied().unwrap_or(0);
                self.main(row)?;
            }
        }
        Ok(())
    }

    /// The outcome of the newest operation, where it is not stored yet.
    #[must_use]
    pub fn with_newest(outcome: Option<StoredOutcome>) -> Self {
        Self { following: outcome, ..Self::default() }
    }

    fn main(&mut self, row: CheckpointRow) -> Result<(), CodecError> {
        let outcome = row.outcome.as_ref().map(crate::codec::Stored::decode).transpose()?;
        let following = std::mem::replace(&mut self.following, outcome);
        match (row.kind, row.direction) {
            (RowKind::Await, Direction::Forward) => {
                let Some(operation) = row.operation else { return Ok(()) };
                self.past.push(Past {
                    seq: row.seq,
                    point: row.point,
                    operation,
                    verdict: verdict(following),
                    failed_attempts: self.attempts,
                    at: row.created_at,
                });
            }
            (RowKind::Await, Direction::Undo) => {
                if let (Some(arguments), Some(operation), Some(outcome)) =
                    (row.arguments, row.operation, following)
                {
                    let undoes: Undoes = arguments.decode()?;
                    self.undone.entry((undoes.seq, operation)).or_insert(outcome);
                }
            }
            (RowKind::Operator, _) => {
                if let Some(arguments) = &row.arguments
                    && self.following.take().is_some()
                {
                    self.handled.insert(arguments.decode::<Undoes>()?.seq);
                }
            }
            (RowKind::Attempt | RowKind::Turn | RowKind::End, _) => {}
        }
        Ok(())
    }

    /// The plan; or the names of the steps that `shape` does not know.
    ///
    /// # Errors
    /// The names of the steps that this build does not have.
    pub fn plan(&self, shape: impl Fn(&str) -> Option<StepShape>) -> Result<Plan, Vec<String>> {
        let mut plan = Plan::default();
        let mut missing = Vec::new();
        for past in self.past.iter().filter(|past| past.operation != crate::operation::Sleep::NAME) {
            match shape(&past.operation) {
                Some(shape) => plan.take(past, shape),
                None if missing.contains(&past.operation) => {}
                None => missing.push(past.operation.clone()),
            }
        }
        if missing.is_empty() { Ok(plan) } else { Err(missing) }
    }
}

impl Plan {
    fn take(&mut self, past: &Past, shape: StepShape) {
        let doubt = match past.verdict {
            Verdict::Done => false,
            Verdict::Failed(_) => return,
            Verdict::Unknown(_) => true,
        };
        match shape.kind {
            StepKind::Compensatable => self.items.push(Item {
                seq: past.seq,
                step: past.operation.clone(),
                doubt,
                settle: doubt && !shape.takes_outcome,
            }),
            StepKind::Pivot => {
                self.pivot.get_or_insert((past.seq, past.operation.clone()));
            }
            StepKind::Retriable | StepKind::ReadOnly => {}
        }
    }
}

fn verdict(outcome: Option<StoredOutcome>) -> Verdict {
    match outcome {
        Some(StoredOutcome::Done(_)) => Verdict::Done,
        Some(StoredOutcome::Failed(error)) => Verdict::Failed(error),
        Some(StoredOutcome::Unknown(error)) => Verdict::Unknown(Some(error)),
        Some(StoredOutcome::Skipped(_) | StoredOutcome::Resolved(_)) | None => {
            Verdict::Unknown(None)
        }
    }
}
