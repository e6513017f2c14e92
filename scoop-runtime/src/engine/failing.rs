//! The failures of a run: where they happened, which ones the body went on from, and which one ended
//! it.

use super::done::{self, Done};
use super::execution::Execution;
use super::{Engine, Trouble, history};
use crate::frame::Conductor as _;
use crate::operation::{Settled, Unsettled};
use crate::protocol::checkpoint::{CheckpointRow, StoredOutcome};
use crate::protocol::description::Point;
use crate::protocol::failure::{Earlier, FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::run::RunRow;

impl Execution {
    pub(crate) fn note_failure(&self, seq: Seq, failure: Earlier) {
        self.state().failures.push((seq, failure));
    }

    /// Adds the failures that an earlier process went on from; they are read from its rows.
    pub(crate) async fn recall_failures(&self, failure: &mut StoredFailure) -> Result<(), Trouble> {
        let Some(resumed) = self.state().resumed else {
            return Ok(());
        };
        let rows = history::rows(&self.engine, self.run).await?;
        let mut earlier = Vec::new();
        for done in done::done(self.run, &rows)? {
            if let StoredOutcome::Failed(error) | StoredOutcome::Unknown(error) = &done.outcome
                && done.seq < resumed
            {
                let (hop, error) = (self.hop_at(&rows, &done), error.clone());
                earlier.push(Earlier {
                    hop,
                    error,
                    below: None,
                });
            }
        }
        earlier.append(&mut failure.preceded_by);
        failure.preceded_by = earlier;
        Ok(())
    }

    /// Forgets the failures of what lost to another: they are none of the saga's.
    pub(super) fn forget_failures(&self, seq: Seq, is_loser: impl Fn(&Hop) -> bool) {
        let mut state = self.state();
        let failures = &mut state.failures;
        failures.retain(|(at, earlier)| *at != seq || !is_loser(&earlier.hop));
    }

    /// Notes a failure of the await under way that an earlier process wrote down.
    pub(super) fn recall_failure(&self, seq: Seq, failure: &StoredFailure) {
        if let Some(hop) = failure.hop.clone() {
            let (error, below) = (failure.error.clone(), failure.below.clone());
            self.note_failure(seq, Earlier { hop, error, below });
        }
    }

    /// Notes the failures in a block that an earlier process wrote down, but for the one that ended it.
    pub(super) fn recall_inside(
        &self,
        block: &CheckpointRow,
        parts: &[CheckpointRow],
        has_failed: bool,
    ) -> Result<(), Trouble> {
        let mut failed = done::failed_inside(self.run, block, parts)?;
        if has_failed {
            failed.pop();
        }
        for (done, error) in failed {
            let (hop, below) = (self.hop_at(parts, &done), None);
            self.note_failure(done.seq, Earlier { hop, error, below });
        }
        Ok(())
    }

    fn hop_at(&self, rows: &[CheckpointRow], done: &Done) -> Hop {
        let of_seq = rows.iter().filter(|row| row.seq == done.seq);
        let attempts = of_seq.filter(|row| row.part.is_attempt_at(&done.part));
        let description = self.saga.description;
        // Of an await in a function of the saga that is gone, the place of its own await is known.
        let found = description.find(&done.point);
        let point = found.and_then(|(number, _)| description.point(number));
        let attempt = u32::try_from(attempts.count() + 1).unwrap_or(u32::MAX);
        Hop {
            at: done.at,
            point: Some(done.point.clone()),
            ..self.hop(point, Some(&done.operation), attempt)
        }
    }

    pub(crate) fn hop(&self, point: Option<&Point>, operation: Option<&str>, attempt: u32) -> Hop {
        Hop {
            saga: self.saga.description.saga.to_owned(),
            run: self.run,
            point: point.map(|point| point.name.to_owned()),
            operation: operation.map(ToOwned::to_owned),
            file: point.map_or(self.saga.file, |point| point.file).to_owned(),
            line: point.map_or(self.saga.line, |point| point.line),
            attempt,
            at: self.now(),
        }
    }

    /// Takes the failures that the body went on from.
    pub(crate) fn earlier(&self) -> Vec<Earlier> {
        let failures = std::mem::take(&mut self.state().failures);
        failures.into_iter().map(|(_, earlier)| earlier).collect()
    }

    /// The failure of a body that returned `Err`: caused by the last operation, if that failed.
    pub(crate) fn returned_error(&self, error: StoredError) -> StoredFailure {
        let mut failures = std::mem::take(&mut self.state().failures);
        let newest = self.newest();
        // Of several operations more than one may have failed: the one that the body returned, or the
        // first.
        let same =
            |(seq, earlier): &(Seq, Earlier)| *seq == newest && is_same(&earlier.error, &error);
        let first = failures.iter().position(|(seq, _)| *seq == newest);
        let cause = failures.iter().position(same).or(first);
        let last = cause.map(|cause| failures.remove(cause).1);
        let (hop, cause, below) = match last {
            Some(Earlier {
                hop,
                error: cause,
                below,
            }) => {
                let other = !is_same(&cause, &error);
                (hop, other.then_some(cause), below)
            }
            None => (self.hop(None, None, 0), None, None),
        };
        StoredFailure {
            cause,
            below,
            preceded_by: failures.into_iter().map(|(_, earlier)| earlier).collect(),
            ..StoredFailure::new(FailureKind::Error, error, hop)
        }
    }

    /// Ends the body: a function of the saga cannot be entered.
    pub(super) fn cannot_begin(
        &self,
        kind: FailureKind,
        message: String,
        point: &Point,
        name: &str,
    ) {
        if let Settled::Unsettled(unsettled) = self.unsettled(kind, message, point, name) {
            self.abandon(*unsettled);
        }
    }

    pub(super) fn unsettled(
        &self,
        kind: FailureKind,
        message: String,
        point: &Point,
        name: &str,
    ) -> Settled {
        let hop = self.hop(Some(point), Some(name), 0);
        let error = StoredError::of_engine(message);
        let failure = StoredFailure::new(kind, error.clone(), hop.clone());
        let newest = self.newest();
        let below = None;
        self.note_failure(newest, Earlier { hop, error, below });
        Settled::Unsettled(Box::new(Unsettled { failure }))
    }
}

pub(super) fn is_same(error: &StoredError, other: &StoredError) -> bool {
    error.type_name == other.type_name && error.message == other.message
}

impl Engine {
    /// Why a run is undone that had returned `Ok`.
    pub(super) fn undone(
        &self,
        row: &RunRow,
        kind: FailureKind,
        error: StoredError,
    ) -> StoredFailure {
        let saga = self.registry.saga(&row.saga).ok();
        let hop = Hop {
            saga: row.saga.clone(),
            run: row.id,
            point: None,
            operation: None,
            file: saga.map_or("", |saga| saga.file).to_owned(),
            line: saga.map_or(0, |saga| saga.line),
            attempt: 0,
            at: self.environment.now(),
        };
        StoredFailure::new(kind, error, hop)
    }
}
