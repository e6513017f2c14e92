//! Waiting inside a saga.

use std::time::Duration;

use super::{Intent, Operation, Settled, Unsettled};
use crate::protocol::description::{OperationKind, OperationMeta};

/// A wait, to be awaited inside a saga.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited inside a `#[saga]`"]
pub struct Sleep(Duration);

/// Waits inside a saga. The moment to wake at is stored when the wait begins: after a crash only
/// what is left of it is waited for.
pub const fn sleep(duration: Duration) -> Sleep {
    Sleep(duration)
}

impl Sleep {
    /// The stored name of the operation.
    pub const NAME: &'static str = "scoop::sleep";
}

#[diagnostic::do_not_recommend]
impl Operation for Sleep {
    type Output = ();

    const META: OperationMeta = OperationMeta {
        name: Self::NAME,
        kind: OperationKind::Sleep,
        fallible: false,
        rollback: None,
    };

    fn into_intent(self) -> Intent {
        Intent::Sleep(self.0)
    }

    fn settle(settled: Settled) -> Result<(), Box<Unsettled>> {
        match settled {
            Settled::Value(_) | Settled::Failed { .. } | Settled::Saga(_) => Ok(()),
            Settled::Unsettled(unsettled) => Err(unsettled),
        }
    }
}
