//! Catching what has no value: panics, time-outs, failures of any kind.

use std::fmt;

use super::{Fallible, Intent, Operation, Settled, Unsettled};
use crate::error::{Describe, SagaError};
use crate::protocol::description::OperationMeta;

/// An operation whose failures are all values.
#[must_use = "a caught operation does nothing until it is awaited inside a `#[saga]`"]
pub struct Caught<O>(pub(crate) O);

/// Awaits an operation so that whatever becomes of it, the saga goes on: a panic or a time-out is
/// an `Err`, too. What is in doubt stays so: if the saga rolls back later, it is undone as such.
pub const fn caught<O>(operation: O) -> Caught<O> {
    Caught(operation)
}

#[diagnostic::do_not_recommend]
impl<O> Operation for Caught<O>
where
    O: Operation<Output: Fallible<Ok: Send + 'static, Error: Describe>>,
{
    type Output = Result<<O::Output as Fallible>::Ok, SagaError<<O::Output as Fallible>::Error>>;

    const META: OperationMeta = O::META;

    fn into_intent(self) -> Intent {
        self.0.into_intent()
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        Ok(settle(settled, O::settle))
    }
}

/// What became of an operation, whatever that is.
pub(super) fn settle<O>(
    settled: Settled,
    inner: impl FnOnce(Settled) -> Result<O, Box<Unsettled>>,
) -> Result<O::Ok, SagaError<O::Error>>
where
    O: Fallible<Error: Describe>,
{
    let failure = settled.failure().cloned();
    match (inner(settled), failure) {
        (Ok(output), None) => output.into_result().map_err(SagaError::from_error),
        (Ok(output), Some(failure)) => output
            .into_result()
            .map_err(|error| SagaError::from_caught(failure, Some(error))),
        (Err(unsettled), _) => Err(SagaError::from_caught(unsettled.failure, None)),
    }
}

impl<O> fmt::Debug for Caught<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caught")
    }
}
