//! An operation that is to end in time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::branch::Branch;
use super::join::several;
use super::{Intent, Operation, Settled, Sleep, Unsettled, sleep};
use crate::protocol::branch::{Others, RACE};
use crate::protocol::description::OperationMeta;
use crate::protocol::failure::FailureKind;

/// An operation that is to end in time; what [`timeout`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Timeout<B> {
    branch: B,
    limit: Duration,
}

/// The time was over; see [`timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("it took longer than it was given")]
pub struct Elapsed(());

/// Awaits an operation for so long: `scoop::timeout(limit, deliver(parcel)).await` is an `Err` if it has not
/// ended by then. The time runs on while no process does.
///
/// A saga is cancelled then, undoes what it did, and that is awaited. A step is not cut off, because
/// nobody would know whether it happened: one that waits for another attempt ends, one that is under
/// way is awaited, unless it is `cancellable`. What returns all the same, though late, is what the await gives. To cut an
/// attempt off, give the step itself a `timeout`.
///
/// An `async` block that is late ends at its next await, and what it did is undone before the `Err(Elapsed)`
/// is there. One that is past its pivot goes on, and what it returns counts.
pub const fn timeout<B: Branch>(limit: Duration, operation: B) -> Timeout<B> {
    Timeout {
        branch: operation,
        limit,
    }
}

impl<B: Branch> Operation for Timeout<B> {
    type Output = Result<B::Output, Elapsed>;

    const META: OperationMeta = several(RACE, true);

    fn into_intent(self) -> Intent {
        let timer = sleep(self.limit);
        Intent::Several {
            name: RACE,
            at_once: u32::MAX,
            others: Others::EndWithTheFirst,
            branches: vec![self.branch.into_intent(), Operation::into_intent(timer)],
        }
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        let mut ends = settled.into_ends()?.into_iter().map(|end| end.settled);
        let (ended, timer) = (ends.next(), ends.next());
        let ended = ended.expect("each branch has an end");
        let elapsed = timer.is_some_and(|timer| <Sleep as Branch>::settle(timer).is_ok());
        let cancelled = |kind| kind == FailureKind::Cancelled;
        if elapsed
            && ended
                .failure()
                .is_some_and(|failure| cancelled(failure.kind))
        {
            return Ok(Err(Elapsed(())));
        }
        B::settle(ended).map(Ok)
    }
}

impl<B: Branch> Branch for Timeout<B> {
    type Output = Result<B::Output, Elapsed>;

    fn into_intent(self) -> Intent {
        Operation::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        <Self as Operation>::settle(settled)
    }
}

impl<B> fmt::Debug for Timeout<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
