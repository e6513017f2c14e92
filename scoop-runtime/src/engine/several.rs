//! Does several operations at once, each with a commit of its own when it ends, and waits for all.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::branch::{Branch, Siblings};
use super::execution::Execution;
use super::halt::Halt;
use super::history::{self, PendingRow};
use super::performer::null;
use super::{Trouble, branch, child};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::frame::prefix_of_block;
use crate::operation::branch::BranchEnd;
use crate::operation::{Settled, Sleep, Unsettled};
use crate::protocol::branch::{
    Others, StoredBranches, StoredEnd, TRY_JOIN, block_name, is_several,
};
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredOutcome};
use crate::protocol::description::Point;
use crate::protocol::failure::{Earlier, FailureKind, StoredError, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::run::RunUpdate;

/// Several operations under way.
struct Several<'e> {
    execution: &'e Execution,
    point: &'static Point,
    /// The row of all of them.
    row: &'e CheckpointRow,
    stored: StoredBranches,
    siblings: Arc<Siblings>,
    waiting: VecDeque<(usize, PendingRow)>,
    under_way: FuturesUnordered<BoxFuture<'e, (usize, BranchEnd)>>,
    ends: Vec<Option<BranchEnd>>,
}

/// What lost to another one.
enum Loser {
    Block((Seq, Part)),
    Saga(RunId),
}

impl Execution {
    /// Does the operations of this row, those that have not ended.
    pub(super) fn several<'e>(
        &'e self,
        point: &'static Point,
        pending: &'e PendingRow,
        again: bool,
    ) -> BoxFuture<'e, Settled> {
        Box::pin(async move {
            let several = match Several::of(self, point, pending) {
                Ok(several) => several,
                Err(trouble) => return self.park(trouble.reason()).await,
            };
            let ends = several.all(again).await;
            if !branch::is_one_of_several() {
                self.waits.stay(false);
            }
            self.come_back().await;
            self.set_outcome(StoredOutcome::Done(null()));
            let operation = pending.row.operation.as_deref();
            Settled::Several {
                fail_together: operation == Some(TRY_JOIN),
                ends,
            }
        })
    }

    /// Does one of several operations, and writes down what became of it.
    async fn branch(
        &self,
        point: &'static Point,
        pending: PendingRow,
        siblings: Arc<Siblings>,
        again: bool,
    ) -> BranchEnd {
        let operation = pending.row.operation.as_deref().unwrap_or_default();
        if block_name(operation).is_some() {
            return Box::pin(self.block_branch(point, &pending, &siblings, again)).await;
        }
        let branch = Branch::new(&siblings);
        let done = async {
            let halt = match again {
                true => None,
                false => self.halted().await,
            };
            let settled = match halt {
                Some(halt) => self.not_begun(point, &pending, &halt),
                None => self.operate(point, &pending, again).await,
            };
            // Several themselves: each of those has an outcome. A transaction wrote its own.
            let outcome = branch.take_outcome().filter(|_| !is_several(operation));
            // Of a wait that ended too early there is nothing to know.
            let cut = operation == Sleep::NAME && settled.failure().is_some();
            let outcome = outcome.filter(|_| !cut);
            let order = siblings.next_end();
            let settled = match outcome {
                Some(outcome) => {
                    let ended = self.end_branch(&pending.row, order, (outcome, None), settled);
                    ended.await
                }
                None => settled,
            };
            BranchEnd { settled, order }
        };
        Arc::clone(&branch).scope(done).await
    }

    /// An operation that was not begun has nothing to be written down.
    pub(super) fn not_begun(&self, point: &Point, pending: &PendingRow, halt: &Halt) -> Settled {
        // Whoever takes the run up would take it for begun.
        self.waits.stay(true);
        let operation = pending.row.operation.as_deref();
        let failure = halt.failure(self.hop(Some(point), operation, 0));
        Settled::Unsettled(Box::new(Unsettled { failure }))
    }

    /// Writes how one of them ended; of a block, what became of the last operation in it, too.
    pub(super) async fn end_branch(
        &self,
        row: &CheckpointRow,
        order: usize,
        (outcome, last): (StoredOutcome, Option<StoredOutcome>),
        settled: Settled,
    ) -> Settled {
        let end = StoredEnd {
            order,
            failure: settled.failure().cloned(),
            last,
        };
        let refused = match self.store_end(row, &outcome, &end).await {
            Ok(()) => return settled,
            Err(refused) => refused,
        };
        // What it returned cannot be stored, so nobody will know.
        let hop = self.hop(None, row.operation.as_deref(), 1);
        let error = StoredError::of_engine(refused);
        let failure = StoredFailure::new(FailureKind::Unstorable, error.clone(), hop.clone());
        let unknown = StoredOutcome::Unknown(error.clone());
        let below = None;
        self.note_failure(row.seq, Earlier { hop, error, below });
        let end = StoredEnd {
            failure: Some(failure.clone()),
            ..end
        };
        match self.store_end(row, &unknown, &end).await {
            Ok(()) => Settled::Unsettled(Box::new(Unsettled { failure })),
            Err(refused) => self.park(refused).await,
        }
    }

    async fn store_end(
        &self,
        row: &CheckpointRow,
        outcome: &StoredOutcome,
        end: &StoredEnd,
    ) -> Result<(), String> {
        let encoded = |error: crate::codec::CodecError| error.to_string();
        let end = CheckpointRow {
            part: row.part.outcome(),
            kind: RowKind::Outcome,
            frame: None,
            arguments: Some(Stored::encode(end).map_err(encoded)?),
            outcome: Some(Stored::encode(outcome).map_err(encoded)?),
            created_at: self.now(),
            ..row.clone()
        };
        match self.commit(vec![end], RunUpdate::default()).await {
            Some(written) => written,
            None => std::future::pending().await,
        }
    }
}

impl<'e> Several<'e> {
    fn of(
        execution: &'e Execution,
        point: &'static Point,
        pending: &'e PendingRow,
    ) -> Result<Self, Trouble> {
        let run = execution.run;
        let stored = history::branches(run, &pending.row)?;
        let mut several = Self {
            execution,
            point,
            row: &pending.row,
            siblings: Siblings::new(stored.others),
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            ends: stored.branches.iter().map(|_| None).collect(),
            stored,
        };
        let mut ended = Vec::new();
        let rows = history::branch_rows(run, &pending.row, &several.stored)?;
        for (number, row) in rows.into_iter().enumerate() {
            let (outcome, operation) = (row.part.outcome(), row.operation.as_deref());
            let end = pending.parts.iter().find(|part| part.part == outcome);
            if operation.is_some_and(|operation| block_name(operation).is_some()) {
                let failed = end
                    .map(|end| history::end_of_branch(run, end))
                    .transpose()?;
                let has_failed = failed.is_some_and(|end| end.is_err());
                execution.recall_inside(&row, &pending.parts, has_failed)?;
            }
            match end {
                Some(end) if !operation.is_some_and(is_several) => ended.push((number, end)),
                _ => {
                    let pending = PendingRow::of(run, row, Arc::clone(&pending.parts))?;
                    several.waiting.push_back((number, pending));
                }
            }
        }
        for (number, end) in history::in_order(run, ended)? {
            let stored = history::end_of_branch(run, end)?;
            let operation = &several.stored.branches[number].operation;
            let settled = match block_name(operation) {
                Some(name) => execution.ended_before(point, name, stored)?,
                None => Settled::Stored(stored),
            };
            if let Some(failure) = settled.failure() {
                execution.recall_failure(end.seq, failure);
            }
            let order = several.siblings.next_end();
            several.ended(number, BranchEnd { settled, order });
        }
        Ok(several)
    }

    /// Waits for all of them.
    async fn all(mut self, again: bool) -> Vec<BranchEnd> {
        let at_once = usize::try_from(self.stored.at_once).unwrap_or(usize::MAX);
        // They begin in their order: those after these have not.
        let begun = match again {
            true => self.ends.iter().flatten().count().saturating_add(at_once),
            false => 0,
        };
        let standing_by = self.execution.waits.stand_by();
        loop {
            while self.under_way.len() < at_once {
                let Some((number, pending)) = self.next(begun) else {
                    break;
                };
                let (execution, point) = (self.execution, self.point);
                let siblings = Arc::clone(&self.siblings);
                let again = number < begun;
                let stirring = execution.waits.stir();
                self.under_way.push(Box::pin(async move {
                    let _stirring = stirring;
                    let end = execution.branch(point, pending, siblings, again).await;
                    (number, end)
                }));
            }
            let count = self.under_way.len();
            if count == 0 {
                drop(standing_by);
                self.undo_losers().await;
                return self.into_ends();
            }
            let siblings = Arc::clone(&self.siblings);
            tokio::select! {
                biased;
                Some((number, end)) = self.under_way.next() => self.ended(number, end),
                exit = siblings.left(count) => {
                    // None of them goes on.
                    self.execution.leave(exit);
                    return std::future::pending().await;
                }
            }
        }
    }

    /// The next one to begin. Those that may have begun come to an end, whatever became of others.
    fn next(&mut self, begun: usize) -> Option<(usize, PendingRow)> {
        let (number, _) = self.waiting.front()?;
        if *number < begun {
            return self.waiting.pop_front();
        }
        if !self.has_stopped() {
            return self.waiting.pop_front();
        }
        let halt = Halt::beside(self.stored.others);
        for (number, pending) in std::mem::take(&mut self.waiting) {
            let settled = self.execution.not_begun(self.point, &pending, &halt);
            let order = self.siblings.next_end();
            self.ended(number, BranchEnd { settled, order });
        }
        None
    }

    /// Whether no other is to begin, because of one that ended.
    fn has_stopped(&self) -> bool {
        let mut ended = self.ends.iter().flatten();
        let others = self.stored.others;
        ended.any(|end| others.stop_after(end.settled.failure().is_some()))
    }

    fn ended(&mut self, number: usize, end: BranchEnd) {
        let others = self.stored.others;
        let failed = end.settled.failure().is_some();
        if others != Others::DoNotBegin && others.stop_after(failed) {
            self.siblings.stop();
        }
        self.ends[number] = Some(end);
    }

    /// Undoes those that lost to the first, the last of them first.
    async fn undo_losers(&mut self) {
        if !self.stored.others.may_lose() {
            return;
        }
        let ends = self.ends.iter().flatten().enumerate();
        let mut ends: Vec<_> = ends.map(|(number, end)| (end.order, number)).collect();
        ends.sort_unstable();
        for (_, number) in ends.into_iter().skip(1).rev() {
            if self.stored.others == Others::LoseToTheFirst {
                self.forget(number);
            }
            match self.lost(number) {
                Some(Loser::Block(block)) => {
                    let why = self.stored.others.why();
                    self.execution.undo_lost_block(&block, why).await;
                }
                Some(Loser::Saga(run)) => self.execution.undo_lost_saga(run).await,
                None => {}
            }
        }
    }

    /// What of one that was not the first is to be undone.
    fn lost(&self, number: usize) -> Option<Loser> {
        let branch = &self.stored.branches[number];
        let failure = self.ends[number].as_ref()?.settled.failure();
        let against_the_clock = self.stored.others == Others::EndWithTheFirst;
        if block_name(&branch.operation).is_some() {
            // What it returned all the same, though late, counts.
            let cancelled = failure.is_some_and(|failure| failure.kind == FailureKind::Cancelled);
            let block = (self.row.seq, self.row.part.branch(number));
            return (cancelled || !against_the_clock).then_some(Loser::Block(block));
        }
        // One that failed has undone itself.
        let is_done = failure.is_none() && !against_the_clock;
        let run = child::run_of(branch.promise.clone()).filter(|_| is_done);
        run.map(Loser::Saga)
    }

    /// Why one of them lost nobody asks.
    fn forget(&self, number: usize) {
        let end = self.ends[number].as_ref();
        let failure = end.and_then(|end| end.settled.failure());
        let hop = failure.and_then(|failure| failure.hop.as_ref());
        let name = block_name(&self.stored.branches[number].operation);
        let prefix = name.map(|name| prefix_of_block(self.point.name, name));
        let is_inside = |point: &str| {
            let prefix = prefix.as_ref();
            prefix.is_some_and(|prefix| point.starts_with(&**prefix))
        };
        self.execution.forget_failures(self.row.seq, |at| {
            Some(at) == hop || at.point.as_deref().is_some_and(is_inside)
        });
    }

    fn into_ends(self) -> Vec<BranchEnd> {
        let ends = self.ends.into_iter();
        ends.map(|end| end.expect("all of them have ended"))
            .collect()
    }
}
