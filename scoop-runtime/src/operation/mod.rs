//! What a saga can await, and what the macros say about it.

mod again;
pub mod block;
mod blocking;
pub mod branch;
mod call;
mod caught;
mod child;
mod fallible;
mod function;
pub mod given;
pub mod inline;
mod join;
pub mod lent;
mod map;
mod never;
mod probe;
mod race;
pub mod saga;
mod sleep;
mod spawn;
pub mod step;
pub mod stored;
mod timeout;
pub mod undo;

pub(crate) use again::written as written_again;
pub use blocking::blocking;
pub use call::{AwaitedInsideASaga, Saga, SagaCall, Step, StepCall};
pub use caught::{Caught, caught};
pub use child::{ChildCall, StoredByAChild};
pub use fallible::{Fallible, Returns, ReturnsAValue, counts_as_success};
pub use function::SagaFn;
pub use join::{Branches, Join, TryBranches, TryJoin, join, try_join};
pub use map::{Map, TryMap, map, try_map};
pub use never::Never;
pub use probe::{CannotDecode, Decode, DecodeProbe};
pub use race::{Race, Racer, Racers, race};
pub use sleep::{Sleep, Wake, sleep, sleep_until};
pub use spawn::{Spawn, spawn};
pub use timeout::{Elapsed, Timeout, timeout};
pub use undo::{Failure, Outcome};

use crate::protocol::branch::Others;
use crate::protocol::description::OperationMeta;
use crate::protocol::failure::{StoredError, StoredFailure};
use std::any::Any;

/// Something that a saga can await.
///
/// Implemented by what a step, a saga, `sleep` and `caught` return; not for users to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable operation, so a saga cannot `.await` it",
    label = "neither a step nor a saga, `scoop::sleep` or `scoop::caught`",
    note = "a saga survives crashes by saving the result of every `.await`: move this into an `async fn` marked `#[step(..)]` and await that",
    note = "to wait inside a saga use `scoop::sleep(duration)`"
)]
pub trait Operation: Sized + Send + 'static {
    /// The value of the await, as the signature of the function says.
    type Output: Send + 'static;

    /// What the compiler knows of it.
    const META: OperationMeta;

    /// How it is done inside the run that awaits it, where it is no operation of its own.
    #[doc(hidden)]
    fn inside() -> Option<inline::Inside<Self>> {
        None
    }

    /// What is to be done.
    fn into_intent(self) -> Intent;

    /// What the saga's body gets, or the failure that ends the body.
    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>>;
}

/// What an await point is about to do.
#[derive(Debug)]
pub enum Intent {
    /// Run a step. The arguments are encoded already, or could not be.
    Step {
        /// The step.
        step: &'static step::StepDescriptor,
        /// Its arguments, encoded as an array.
        arguments: Result<crate::codec::Stored, crate::codec::CodecError>,
    },
    /// Run a saga, as a run of its own. Its input is encoded already, or could not be.
    Saga {
        /// The saga.
        saga: &'static saga::SagaDescriptor,
        /// Its arguments, encoded as an array.
        input: Result<crate::codec::Stored, crate::codec::CodecError>,
    },
    /// Start a saga, as a run of its own, and do not wait for it.
    Spawn {
        /// The saga.
        saga: &'static saga::SagaDescriptor,
        /// Its arguments, encoded as an array.
        input: Result<crate::codec::Stored, crate::codec::CodecError>,
    },
    /// Do what an `async` block says, which the frame knows by this name. Only beside others.
    Block {
        /// The stored name.
        name: &'static str,
        /// What it captures, encoded as an array.
        captured: Result<crate::codec::Stored, crate::codec::CodecError>,
    },
    /// Wait.
    Sleep(Wake),
    /// Do several of these at once.
    Several {
        /// The stored name.
        name: &'static str,
        /// How many of them are under way at once, at most.
        at_once: u32,
        /// What becomes of the others when one fails.
        others: Others,
        /// What is to be done.
        branches: Vec<Self>,
    },
}

/// How an operation ended, before the body sees it.
#[derive(Debug)]
pub enum Settled {
    /// With the value that the function's signature names (a boxed `Operation::Output`, or for
    /// `caught` the output of the operation inside).
    Value(Box<dyn Any + Send>),
    /// With such a value that is an `Err`, and what else is known of the failure.
    Failed {
        /// The value.
        value: Box<dyn Any + Send>,
        /// Why, with where.
        failure: Box<StoredFailure>,
    },
    /// A saga ended: with the stored value in `Ok`, or it failed, and is undone.
    Saga(Result<crate::codec::Stored, Box<StoredFailure>>),
    /// One of several operations ended before a crash: with what is stored of a value, or of why there is
    /// none.
    Stored(Result<crate::codec::Stored, Box<StoredFailure>>),
    /// Several operations ended.
    Several {
        /// Whether all of them fail where one does.
        fail_together: bool,
        /// How, in the order in which they are written.
        ends: Vec<branch::BranchEnd>,
    },
    /// Without one.
    Unsettled(Box<Unsettled>),
}

impl Settled {
    /// The value, which has the type that the function's signature names.
    ///
    /// # Errors
    /// With what ended without one.
    pub fn into_output<T: 'static>(self) -> Result<T, Box<Unsettled>> {
        match self {
            Self::Value(value) | Self::Failed { value, .. } => Ok(*value
                .downcast()
                .expect("an operation returns what its signature says")),
            Self::Unsettled(unsettled) => Err(unsettled),
            Self::Saga(_) => unreachable!("only a saga ends like a saga"),
            Self::Stored(_) => unreachable!("only a branch ends with what is stored"),
            Self::Several { .. } => unreachable!("only several operations end like several"),
        }
    }
}

/// An operation that ended without a value: it panicked, ran out of time, or was too large.
#[derive(Debug)]
pub struct Unsettled {
    /// Why, with where.
    pub failure: StoredFailure,
}

/// What an attempt at a step came to.
#[derive(Debug)]
pub enum StepEnd {
    /// It returned; for a step that returns a `Result`, `Ok` or `Err`.
    Returned {
        /// The whole output, as the function's signature names it, boxed.
        value: Box<dyn Any + Send>,
        /// What is stored of it.
        stored: EncodedEnd,
    },
    /// Its stored arguments are not what this build expects; nothing was run.
    Undecodable(crate::codec::CodecError),
    /// A resource is missing; nothing was run.
    MissingResource(crate::resource::ResourceType),
    /// There is no such transaction; nothing was run.
    MissingTransaction(crate::store::tx::Missing),
}

impl StepEnd {
    /// What the step `S` returned. That an output is not `Send` is said of `S` alone.
    pub fn returned<S: Step>(value: S::Output, stored: EncodedEnd) -> Self {
        let value = Box::new(value);
        Self::Returned { value, stored }
    }
}

/// What is stored of an output: the encoded `Ok` value, or the error.
pub type EncodedEnd = Result<Result<crate::codec::Stored, StoredError>, crate::codec::CodecError>;
