//! Sagas that are awaited by sagas.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Intent, Operation, Saga, SagaCall, Settled, Unsettled};
use crate::codec::{CodecError, Stored};
use crate::frame::mismatch;
use crate::protocol::description::OperationMeta;
use crate::protocol::failure::{FailureKind, StoredFailure};

/// The error of a saga that a saga can await: it comes from another run, and so has to be stored.
#[diagnostic::on_unimplemented(
    message = "a saga that fails with `{Self}` cannot be awaited in a saga: that error cannot be stored",
    label = "its error comes from a run of its own, perhaps in another process",
    note = "derive `serde::Serialize` and `serde::Deserialize` for `{Self}`",
    note = "or use `scoop::Error`, which takes any error with `?`"
)]
pub trait StoredByAChild {}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned> StoredByAChild for E {}

/// A saga that is awaited in a saga.
#[must_use = "a saga does nothing until it is awaited"]
pub struct ChildCall<S>(SagaCall<S>);

impl<S: Saga> ChildCall<S> {
    /// What a saga awaits when it awaits this call.
    pub const fn new(call: SagaCall<S>) -> Self {
        Self(call)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Saga<Output: Send>> Operation for ChildCall<S> {
    type Output = S::Output;

    const META: OperationMeta = S::META;

    fn into_intent(self) -> Intent {
        Intent::Saga {
            saga: S::descriptor(),
            input: self.0.input,
        }
    }

    fn settle(settled: Settled) -> Result<S::Output, Box<Unsettled>> {
        match settled {
            Settled::Saga(Ok(stored)) => {
                let value = S::decode_ok(&stored).unwrap_or_else(|error| undecodable::<S>(&error));
                Ok(S::output(Ok(value)).expect("every saga returns its own value"))
            }
            Settled::Saga(Err(failure)) => match returned::<S>(&failure) {
                Some(output) => Ok(output),
                None => Err(Box::new(Unsettled { failure: *failure })),
            },
            settled => settled.into_output(),
        }
    }
}

/// What a saga returned that failed; nothing where it did not return: it panicked, or ran out of time.
fn returned<S: Saga>(failure: &StoredFailure) -> Option<S::Output> {
    let value = failure.error.value.as_ref();
    let value = value.filter(|_| failure.kind == FailureKind::Error)?;
    let error = S::decode_error(&Stored::from_json(value.get()));
    S::output(Err(error.unwrap_or_else(|error| undecodable::<S>(&error))))
}

/// What another build stored, and this one cannot read: the run waits for one that can.
fn undecodable<S: Saga>(error: &CodecError) -> ! {
    mismatch(format!("what `{}` returned {error}", S::META.name))
}

impl<S: Saga> fmt::Debug for ChildCall<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChildCall").field(&self.0).finish()
    }
}
