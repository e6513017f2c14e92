//! Steps that may be dropped: where nothing more is to begin, nobody waits for them.

use super::attempt::Attempt;
use super::execution::Execution;
use super::halt::Halt;
use super::history::PendingRow;
use super::performer::Tries;
use crate::operation::Settled;
use crate::operation::step::StepDescriptor;
use crate::protocol::checkpoint::StoredOutcome;
use crate::protocol::description::Point;

/// Why an attempt was dropped.
pub(super) struct Dropped {
    pub(super) halt: Halt,
    /// Whether it may have begun.
    begun: bool,
}

impl Execution {
    /// Awaits an attempt at a step; one that may be dropped not for longer than something may begin.
    pub(super) async fn unless_halted(
        &self,
        step: &StepDescriptor,
        attempt: impl Future<Output = Attempt>,
    ) -> Attempt {
        if !step.cancellable {
            return attempt.await;
        }
        let dropped = |halt, begun| Attempt::Dropped(Dropped { halt, begun });
        if let Some(halt) = self.halted().await {
            return dropped(halt, false);
        }
        tokio::select! {
            biased;
            ended = attempt => ended,
            halt = Box::pin(self.halt()) => dropped(halt, true),
        }
    }

    /// The operation ends with the attempt that was dropped: where that can be undone, nobody knows
    /// whether it happened.
    pub(super) fn dropped(
        &self,
        point: &Point,
        step: &StepDescriptor,
        pending: &PendingRow,
        tries: &Tries,
        dropped: &Dropped,
    ) -> Settled {
        let Dropped { halt, begun } = dropped;
        let unknown = step.undo.is_some() && tries.is_in_doubt(*begun);
        let wrap = if unknown {
            StoredOutcome::Unknown
        } else {
            StoredOutcome::Failed
        };
        self.set_outcome(wrap(halt.error()));
        let seq = pending.row.seq;
        let hop = self.hop(Some(point), Some(step.meta.name), tries.number);
        let mut settled = self.unsettled_by(seq, hop, halt);
        if let Settled::Unsettled(unsettled) = &mut settled {
            unsettled.failure.doubt = unknown.then_some(seq);
        }
        settled
    }
}
