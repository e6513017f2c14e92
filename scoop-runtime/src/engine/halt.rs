//! What ends a run from outside its body: somebody cancels it, or its deadline passes. Past its pivot a
//! run goes on, whatever anybody asks.

use std::time::Duration;

use super::branch::{self, Branch};
use super::execution::{Execution, Exit};
use super::{Trouble, rollback};
use crate::operation::{Settled, Unsettled};
use crate::protocol::branch::Others;
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredOutcome};
use crate::protocol::description::Point;
use crate::protocol::failure::{Earlier, FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::timestamp::Timestamp;

/// Why a run is to begin nothing more.
#[derive(Clone, Debug)]
pub(super) struct Halt {
    pub(super) kind: FailureKind,
    message: String,
}

impl Halt {
    /// Another one of several operations ended.
    pub(super) fn beside(others: Others) -> Self {
        Self {
            kind: FailureKind::Cancelled,
            message: others.why().to_owned(),
        }
    }

    /// Somebody asked for it.
    pub(super) fn cancelled(reason: &str) -> Self {
        let message = match reason {
            "" => "cancelled".to_owned(),
            reason => format!("cancelled: {reason}"),
        };
        Self {
            kind: FailureKind::Cancelled,
            message,
        }
    }

    pub(super) fn error(&self) -> StoredError {
        StoredError::of_engine(self.message.clone())
    }

    pub(super) fn failure(&self, hop: Hop) -> StoredFailure {
        StoredFailure::new(self.kind, self.error(), hop)
    }

    /// What a saga is told that is awaited by the one that ends.
    pub(super) fn reason_below(&self, execution: &Execution) -> String {
        let above = execution.saga.description.saga;
        let was = match self.kind {
            FailureKind::Cancelled => "was ",
            _ => "",
        };
        format!("`{above}`, which awaits it, {was}{}", self.message)
    }
}

impl Execution {
    /// How long the saga may take, and until when.
    pub(super) fn deadline(&self) -> Option<(Duration, Timestamp)> {
        let limit = self.saga.deadline?;
        Some((limit, self.created_at.after(limit)))
    }

    /// Why it is to end, unless it is past its pivot.
    pub(super) fn asked(&self) -> Option<Halt> {
        if let Some(reason) = self.engine.news.cancelled(self.run) {
            return Some(Halt::cancelled(&reason));
        }
        let (limit, at) = self.deadline()?;
        (at <= self.now()).then(|| Halt {
            kind: FailureKind::Deadline,
            message: format!("took longer than its deadline of {limit:?}"),
        })
    }

    /// Reads whether the run is to be cancelled.
    pub(super) async fn hear(&self) -> Result<(), Trouble> {
        let engine = &self.engine;
        let row = engine.read(|| engine.store.run(self.run)).await?;
        if let Some(reason) = row.and_then(|row| row.cancel) {
            engine.news.cancel(self.run, &reason);
        }
        Ok(())
    }

    /// Why nothing more may begin.
    pub(super) async fn halted(&self) -> Option<Halt> {
        let mut branch = branch::current();
        while let Some(this) = branch {
            if let Some(halt) = this.halt()
                && !Box::pin(self.is_past_pivot_in(&this)).await
            {
                return Some(halt);
            }
            branch = this.above().cloned();
        }
        let halt = self.asked()?;
        // In a box, so that a run that nobody cancels has no room for it.
        let past = Box::pin(self.past_pivot()).await;
        (!self.or_park(past).await).then_some(halt)
    }

    /// Whether one of several operations is a block that can lose to another, and past its pivot: it goes on.
    async fn is_past_pivot_in(&self, branch: &Branch) -> bool {
        let Some(block) = branch.racing_block() else {
            return false;
        };
        let _stirring = self.waits.stir();
        let past = rollback::is_past_pivot_in(self, &block, self.last_row()).await;
        let past = self.or_park(past).await;
        if past {
            branch.goes_on();
        }
        past
    }

    async fn or_park<T>(&self, result: Result<T, Trouble>) -> T {
        match result {
            Ok(value) => value,
            Err(trouble) => {
                self.leave(Exit::Park(trouble.reason()));
                std::future::pending().await
            }
        }
    }

    /// A row with the outcome of the last operation, where that is not written yet.
    fn last_row(&self) -> Option<CheckpointRow> {
        self.has_outcome().then(|| self.next_row(RowKind::Turn))
    }

    /// Waits until nothing more may begin.
    pub(super) async fn halt(&self) -> Halt {
        let Some(branch) = branch::current() else {
            return self.halt_of_all().await;
        };
        let beside = async {
            loop {
                branch.stopped().await;
                // Else it is one that goes on all the same, and can be told to end by others.
                if let Some(halt) = self.halted().await {
                    return halt;
                }
            }
        };
        tokio::select! {
            halt = beside => halt,
            halt = self.halt_of_all() => halt,
        }
    }

    async fn halt_of_all(&self) -> Halt {
        let halting = self.engine.news.halting(self.run);
        loop {
            let told = halting.notified();
            if self.asked().is_some() {
                break;
            }
            let left = self.deadline().map(|(_, at)| at.since(self.now()));
            tokio::select! {
                () = told => {}
                () = self.engine.environment.sleep(left.unwrap_or_default()), if left.is_some() => {}
            }
        }
        match self.halted().await {
            Some(halt) => halt,
            None => std::future::pending().await,
        }
    }

    /// Waits; not to the end if the run is halted.
    pub(super) async fn wait_until(&self, until: Timestamp) -> Option<Halt> {
        self.leave_released(until).await;
        if until.since(self.now()).is_zero() {
            return None;
        }
        if let Some(halt) = self.halted().await {
            return Some(halt);
        }
        self.rest_far(until).await;
        tokio::select! {
            biased;
            halt = self.halt() => Some(halt),
            () = self.rest_near(until) => None,
        }
    }

    /// Whether a pivot is done or in doubt, here or below. The operation under way does not count.
    pub(super) async fn past_pivot(&self) -> Result<bool, Trouble> {
        if self.state().past_pivot || self.is_unstored() {
            return Ok(self.state().past_pivot);
        }
        let past = rollback::is_past_pivot(&self.engine, self.run, self.last_row()).await?;
        self.state().past_pivot = past;
        if past {
            tracing::warn!(
                run = %self.run,
                "a run is past its pivot: it goes on, though it was cancelled or its deadline is over"
            );
        }
        Ok(past)
    }

    /// Ends the body where it stands, whatever it would say to that.
    pub(super) async fn stop_at(&self, point: &Point, name: &str, halt: &Halt) -> Settled {
        let mut failure = halt.failure(self.hop(Some(point), Some(name), 0));
        if !branch::is_one_of_several() {
            failure.preceded_by = self.earlier();
        }
        self.leave(Exit::Failed(failure.into()));
        std::future::pending().await
    }

    /// An operation that was waiting has ended without a value.
    pub(super) fn interrupted(&self, seq: Seq, hop: Hop, halt: &Halt) -> Settled {
        self.set_outcome(StoredOutcome::Failed(halt.error()));
        self.unsettled_by(seq, hop, halt)
    }

    /// The failure of an operation whose outcome is set.
    pub(super) fn unsettled_by(&self, seq: Seq, hop: Hop, halt: &Halt) -> Settled {
        let failure = halt.failure(hop.clone());
        let error = halt.error();
        let below = None;
        self.note_failure(seq, Earlier { hop, error, below });
        Settled::Unsettled(Box::new(Unsettled { failure }))
    }
}
