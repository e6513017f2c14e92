//! One of several operations that are awaited at once.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    Caught, ChildCall, Fallible, Intent, Operation, Saga, SagaCall, Settled, Sleep, Step, StepCall,
    StoredByAChild, Unsettled, caught,
};
use crate::codec::{CodecError, Stored};
use crate::error::{Describe, SagaError};
use crate::frame::mismatch;
use crate::protocol::failure::{FailureKind, StoredFailure};

/// What can be awaited beside others: a call of a step or a saga, `scoop::sleep`, `scoop::caught` of
/// one of these, and what is several of these itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited beside other operations of a saga",
    label = "neither a step nor a saga, `scoop::sleep`, `scoop::caught` nor `scoop::map`",
    note = "write the calls themselves: `scoop::join!(book(&trip), pay(&trip))`",
    note = "what is more than one call: an `async` block in `join!`, `race!` or `timeout`, or a saga, which is awaited like a step"
)]
pub trait Branch: Sized + Send + 'static {
    /// What the await gives for it.
    type Output: Send + 'static;

    /// What is to be done.
    fn into_intent(self) -> Intent;

    /// The output; or that there is none.
    ///
    /// # Errors
    /// With what ended without one.
    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>>;
}

/// How one of several operations ended.
#[derive(Debug)]
pub struct BranchEnd {
    /// How.
    pub settled: Settled,
    /// As which of them: that is when it was written down.
    pub order: usize,
}

/// What a step returns that is awaited beside others: it is stored before the saga gets it.
#[diagnostic::on_unimplemented(
    message = "a step that returns `{Self}` cannot be awaited beside others: that cannot be stored",
    label = "what the operations of a `join!` or a `map` return is stored as each of them ends",
    note = "if it is a `Result`: derive `serde::Serialize` and `serde::Deserialize` for its error, too",
    note = "or use `scoop::Error`, which takes any error with `?`"
)]
pub trait StoredByABranch: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredByABranch for T {}

impl<S: Step<Output: StoredByABranch>> Branch for StepCall<S> {
    type Output = S::Output;

    fn into_intent(self) -> Intent {
        Operation::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<S::Output, Box<Unsettled>> {
        match settled {
            Settled::Stored(Ok(stored)) => Ok(read::<S>(&stored, "Ok")),
            Settled::Stored(Err(failure)) => {
                let value = failure.error.value.as_ref();
                match value.filter(|_| failure.kind == FailureKind::Error) {
                    Some(value) => Ok(read::<S>(&Stored::from_json(value.get()), "Err")),
                    None => Err(Box::new(Unsettled { failure: *failure })),
                }
            }
            settled => settled.into_output(),
        }
    }
}

/// The output of a step that returned before a crash. Of a `Result` the value is stored without the name
/// of its half.
fn read<S: Step<Output: StoredByABranch>>(stored: &Stored, half: &str) -> S::Output {
    let read = || -> Result<S::Output, CodecError> {
        if !S::META.fallible {
            return stored.decode();
        }
        let whole = format!("{{\"{half}\":{}}}", stored.json()?);
        Stored::from_json(&whole).decode()
    };
    read().unwrap_or_else(|error| mismatch(format!("what `{}` returned {error}", S::META.name)))
}

impl<S: Saga<Output: Send, Error: StoredByAChild>> Branch for SagaCall<S> {
    type Output = S::Output;

    fn into_intent(self) -> Intent {
        ChildCall::new(self).into_intent()
    }

    fn settle(settled: Settled) -> Result<S::Output, Box<Unsettled>> {
        <ChildCall<S> as Operation>::settle(settled.of_a_saga())
    }
}

#[diagnostic::do_not_recommend]
impl Branch for Sleep {
    type Output = ();

    fn into_intent(self) -> Intent {
        Operation::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<(), Box<Unsettled>> {
        match settled {
            Settled::Stored(Ok(_)) => Ok(()),
            Settled::Stored(Err(failure)) => Err(Box::new(Unsettled { failure: *failure })),
            settled => <Self as Operation>::settle(settled),
        }
    }
}

impl<B> Branch for Caught<B>
where
    B: Branch<Output: Fallible<Ok: Send + 'static, Error: Describe>>,
{
    type Output = Result<<B::Output as Fallible>::Ok, SagaError<<B::Output as Fallible>::Error>>;

    fn into_intent(self) -> Intent {
        self.0.into_intent()
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        Ok(caught::settle(settled, B::settle))
    }
}

impl Settled {
    /// As a saga ends, where it is what was stored of one.
    fn of_a_saga(self) -> Self {
        match self {
            Self::Stored(end) => Self::Saga(end),
            settled => settled,
        }
    }

    /// Why there is no value, or none but an error.
    pub(crate) fn failure(&self) -> Option<&StoredFailure> {
        match self {
            Self::Value(_) | Self::Saga(Ok(_)) | Self::Stored(Ok(_)) => None,
            Self::Several {
                fail_together,
                ends,
            } => ends
                .iter()
                .filter(|_| *fail_together)
                .filter_map(|end| Some((end.order, end.settled.failure()?)))
                .min_by_key(|(order, _)| *order)
                .map(|(_, failure)| failure),
            Self::Failed { failure, .. }
            | Self::Saga(Err(failure))
            | Self::Stored(Err(failure)) => Some(failure),
            Self::Unsettled(unsettled) => Some(&unsettled.failure),
        }
    }

    /// How several operations ended.
    pub(super) fn into_ends(self) -> Result<Vec<BranchEnd>, Box<Unsettled>> {
        match self {
            Self::Several { ends, .. } => Ok(ends),
            settled => Err(settled
                .into_output::<Box<dyn Any>>()
                .expect_err("several operations end like several")),
        }
    }
}
