//! Waiting inside a saga.

use std::time::{Duration, SystemTime};

use super::{Intent, Operation, Settled, Unsettled};
use crate::protocol::description::{OperationKind, OperationMeta};
use crate::protocol::timestamp::Timestamp;

/// A wait, to be awaited inside a saga.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited inside a `#[saga]`"]
pub struct Sleep(Wake);

/// When a wait ends.
#[derive(Clone, Copy, Debug)]
pub enum Wake {
    /// So long after it began.
    After(Duration),
    /// Then.
    At(Timestamp),
}

/// Waits inside a saga. The moment to wake at is stored when the wait begins: after a crash only
/// what is left of it is waited for.
pub const fn sleep(duration: Duration) -> Sleep {
    Sleep(Wake::After(duration))
}

/// Waits inside a saga until this moment, of the clock of the process that waits then. Where it is
/// past, the saga goes on at once.
pub fn sleep_until(time: SystemTime) -> Sleep {
    Sleep(Wake::At(time.into()))
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
            Settled::Unsettled(unsettled) => Err(unsettled),
            _ => Ok(()),
        }
    }
}
