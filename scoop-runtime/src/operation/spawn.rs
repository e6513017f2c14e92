//! Starting a saga that the one that starts it does not wait for.

use std::fmt;

use super::branch::Branch;
use super::{Intent, Operation, Saga, SagaCall, Settled, Unsettled};
use crate::frame::mismatch;
use crate::protocol::description::{OperationKind, OperationMeta};
use crate::protocol::id::RunId;
use crate::protocol::spawn::SPAWN;

/// A saga that is started and not awaited; what [`spawn`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Spawn<S>(SagaCall<S>);

/// Starts a saga from inside another one, and does not wait for it: `scoop::spawn(mail(order)).await` gives
/// its id as soon as it is stored. It is started once, whatever crashes.
///
/// It is a run of its own: it goes on when this one is cancelled or fails, is not undone with it, and
/// its failure is nothing to this one. What is to be undone together is awaited instead.
pub const fn spawn<S: Saga>(saga: SagaCall<S>) -> Spawn<S> {
    Spawn(saga)
}

impl<S: Saga> Operation for Spawn<S> {
    type Output = RunId;

    const META: OperationMeta = OperationMeta {
        name: SPAWN,
        kind: OperationKind::Spawn,
        fallible: false,
        rollback: None,
    };

    fn into_intent(self) -> Intent {
        Intent::Spawn {
            saga: S::descriptor(),
            input: self.0.input,
        }
    }

    fn settle(settled: Settled) -> Result<RunId, Box<Unsettled>> {
        match settled {
            Settled::Stored(Ok(run)) => Ok(run
                .decode()
                .unwrap_or_else(|error| mismatch(format!("the id of what it spawned {error}")))),
            Settled::Stored(Err(failure)) => Err(Box::new(Unsettled { failure: *failure })),
            settled => settled.into_output(),
        }
    }
}

impl<S: Saga> Branch for Spawn<S> {
    type Output = RunId;

    fn into_intent(self) -> Intent {
        Operation::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<RunId, Box<Unsettled>> {
        <Self as Operation>::settle(settled)
    }
}

impl<S: Saga> fmt::Debug for Spawn<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spawn").field(&self.0).finish()
    }
}
