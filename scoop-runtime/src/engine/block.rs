//! Does one of several operations that is an `async` block: its body, with a line of rows of its own.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Trouble;
use super::branch::{Branch, Siblings};
use super::execution::{Execution, Exit};
use super::executor::{panicked, polled};
use super::failing::is_same;
use super::history::{self, PendingRow};
use super::line::Line;
use super::performer::raw;
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::frame::{KnownBlock, Slot, prefix_of_block, unknown};
use crate::operation::block::BlockEnd;
use crate::operation::branch::BranchEnd;
use crate::operation::saga::BodyError;
use crate::operation::{Settled, Unsettled};
use crate::protocol::branch::block_name;
use crate::protocol::checkpoint::{CheckpointRow, StoredOutcome};
use crate::protocol::description::Point;
use crate::protocol::failure::{Earlier, FailureKind, StoredError, StoredFailure};
use crate::protocol::id::RunId;

/// Where a block stands that was stored: at this row, with these locals.
struct Stands {
    point: String,
    slots: Vec<Slot>,
}

impl Execution {
    /// Does one of several operations that is a block, and writes down what became of it.
    pub(super) async fn block_branch(
        &self,
        point: &'static Point,
        pending: &PendingRow,
        siblings: &Arc<Siblings>,
        again: bool,
    ) -> BranchEnd {
        let (line, stands) = match line(self.run, pending) {
            Ok(found) => found,
            Err(trouble) => {
                let branch = Branch::new(siblings);
                let parked = async {
                    let settled = self.park(trouble.reason()).await;
                    BranchEnd { settled, order: 0 }
                };
                return branch.scope(parked).await;
            }
        };
        let (failing, failed) = oneshot::channel();
        let branch = Branch::of_block(siblings, line, failing);
        let done = async {
            let halt = match again {
                true => None,
                false => self.halted().await,
            };
            if let Some(halt) = halt {
                let (settled, order) = (self.not_begun(point, pending, &halt), siblings.next_end());
                return BranchEnd { settled, order };
            }
            let (settled, outcome) = self.block(point, pending, stands, failed).await;
            let order = siblings.next_end();
            let last = self.line(|line| line.outcome.take());
            let ended = self.end_branch(&pending.row, order, (outcome, last), settled);
            let settled = ended.await;
            BranchEnd { settled, order }
        };
        Arc::clone(&branch).scope(done).await
    }

    /// A block that ended before a crash.
    pub(super) fn ended_before(
        &self,
        point: &Point,
        name: &str,
        end: Result<Stored, Box<StoredFailure>>,
    ) -> Result<Settled, Trouble> {
        let parked = |reason| Trouble::Parked {
            run: self.run,
            reason,
        };
        let known = self.known_block(&prefix_of_block(point.name, name));
        let known = known.ok_or_else(|| parked(gone(point, name)))?;
        let ended = known.ended(end);
        ended.map_err(|error| {
            parked(format!(
                "the value of the `async` block at `{}` {error}",
                point.name
            ))
        })
    }

    /// Does a block, from its beginning or from where it stood.
    async fn block(
        &self,
        point: &'static Point,
        pending: &PendingRow,
        stands: Option<Stands>,
        failed: oneshot::Receiver<Box<StoredFailure>>,
    ) -> (Settled, StoredOutcome) {
        let operation = pending.row.operation.as_deref().unwrap_or_default();
        let name = block_name(operation).unwrap_or_default();
        let known = match self.known_block(&prefix_of_block(point.name, name)) {
            _ if self.engine.is_closing() => Err(Exit::Leave),
            Some(known) => Ok(known),
            None => Err(Exit::Park(gone(point, name))),
        };
        let known = match known {
            Ok(known) => known,
            Err(exit) => {
                self.leave(exit);
                return std::future::pending().await;
            }
        };
        // Made when it is polled, so that a panic on the way is caught, too.
        let body = Box::pin(async {
            let body = enter(&known, point, &pending.row, stands).map_err(Exit::Park)?;
            Ok(body.await)
        });
        let ended = tokio::select! {
            biased;
            Ok(failure) = failed => Err(Exit::Failed(failure)),
            ended = polled(body) => ended,
        };
        match ended {
            Ok(Ok(end)) => self.ended_block(point, pending, &known, end),
            Ok(Err(panic)) => {
                let error = panicked(&*panic);
                self.without_value(point, pending, FailureKind::Panic, error)
            }
            Err(Exit::Failed(failure)) => {
                let outcome = StoredOutcome::Failed(failure.error.clone());
                let unsettled = Unsettled { failure: *failure };
                (Settled::Unsettled(Box::new(unsettled)), outcome)
            }
            Err(exit) => {
                self.leave(exit);
                std::future::pending().await
            }
        }
    }

    /// A block has returned.
    fn ended_block(
        &self,
        point: &Point,
        pending: &PendingRow,
        known: &KnownBlock,
        end: BlockEnd,
    ) -> (Settled, StoredOutcome) {
        let value = end.value;
        match end.stored {
            Ok(Ok(stored)) => (Settled::Value(value), StoredOutcome::Done(raw(&stored))),
            Ok(Err(error)) => {
                let failure = Box::new(self.failure_of_block(point, pending, known, error.clone()));
                let outcome = StoredOutcome::Failed(error);
                (Settled::Failed { value, failure }, outcome)
            }
            Err(error) => {
                let error =
                    StoredError::of_engine(format!("the value of the `async` block {error}"));
                self.without_value(point, pending, FailureKind::Unstorable, error)
            }
        }
    }

    /// Why a block returned `Err`: caused by the last operation in it that failed.
    fn failure_of_block(
        &self,
        point: &Point,
        pending: &PendingRow,
        known: &KnownBlock,
        error: StoredError,
    ) -> StoredFailure {
        let state = self.state();
        let mut failures = state.failures.iter().rev();
        let inside = |earlier: &Earlier| {
            let point = earlier.hop.point.as_deref();
            point.is_some_and(|point| point.starts_with(&*known.prefix))
        };
        let last = failures.find(|(seq, earlier)| *seq == pending.row.seq && inside(earlier));
        if let Some((
            _,
            Earlier {
                hop,
                error: cause,
                below,
            },
        )) = last
        {
            let other = !is_same(cause, &error);
            return StoredFailure {
                cause: other.then(|| cause.clone()),
                below: below.clone(),
                ..StoredFailure::new(FailureKind::Error, error, hop.clone())
            };
        }
        drop(state);
        let hop = self.hop(Some(point), pending.row.operation.as_deref(), 1);
        let earlier = Earlier {
            hop: hop.clone(),
            error: error.clone(),
            below: None,
        };
        self.note_failure(pending.row.seq, earlier);
        StoredFailure::new(FailureKind::Error, error, hop)
    }

    /// A block has ended without a value.
    fn without_value(
        &self,
        point: &Point,
        pending: &PendingRow,
        kind: FailureKind,
        error: StoredError,
    ) -> (Settled, StoredOutcome) {
        let hop = self.hop(Some(point), pending.row.operation.as_deref(), 1);
        let failure = StoredFailure::new(kind, error.clone(), hop.clone());
        let (outcome, below) = (StoredOutcome::Failed(error.clone()), None);
        self.note_failure(pending.row.seq, Earlier { hop, error, below });
        (Settled::Unsettled(Box::new(Unsettled { failure })), outcome)
    }
}

/// The body of the block of this row.
fn enter(
    known: &KnownBlock,
    point: &Point,
    row: &CheckpointRow,
    stands: Option<Stands>,
) -> Result<BoxFuture<'static, BlockEnd>, String> {
    let position = stands.map(|Stands { point, slots }| {
        let position = known.position(&point, slots);
        position.ok_or_else(|| unknown(&point))
    });
    let operation = row.operation.as_deref().unwrap_or_default();
    let captured = row.arguments.as_ref();
    let captured = captured.ok_or_else(|| history::no_arguments(operation))?;
    let at = point.name;
    let entered = known.enter(captured, position.transpose()?);
    entered.map_err(|error| match error {
        BodyError::Undecodable(error) => {
            format!("what the `async` block at `{at}` captured {error}")
        }
        error => format!("the `async` block at `{at}` cannot be entered: {error}"),
    })
}

fn gone(point: &Point, name: &str) -> String {
    let at = point.name;
    format!("at `{at}` it is in the `async` block `{name}`, which this build does not have")
}

/// The rows of a block: where it stands, if it has come to an await.
fn line(run: RunId, pending: &PendingRow) -> Result<(Line, Option<Stands>), Trouble> {
    let block = &pending.row;
    let rows = history::rows_inside(run, (block.seq, &block.part), &pending.parts)?;
    let table = history::slots_inside(run, &rows)?;
    let Some((number, newest)) = rows.last() else {
        return Ok((Line::of_block(block, 0, table, None), None));
    };
    let slots = table.slots().map(|(name, json)| Slot {
        name: name.clone(),
        json: json.clone(),
    });
    let stands = Stands {
        point: newest.point.clone(),
        slots: slots.collect(),
    };
    let under_way = PendingRow::of(run, (*newest).clone(), Arc::clone(&pending.parts))?;
    let line = Line::of_block(block, *number, table, Some(under_way));
    Ok((line, Some(stands)))
}
