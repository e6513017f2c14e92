//! What a rollback can take after the step's own arguments.

use std::fmt;

use crate::protocol::failure::StoredFailure;
use crate::resource::{Resource, ResourceType, Resources};

/// What became of a step that is being undone.
///
/// A rollback that takes `Outcome<T>` instead of `T` is also called when nobody knows whether the
/// step happened: the process died in it, or it ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened, and returned this.
    Done(T),
    /// It may have happened.
    Unknown,
}

/// Why a saga is being rolled back.
#[derive(Clone, Debug)]
pub struct Failure(StoredFailure);

impl Failure {
    /// The message of the error with which the saga ended.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.error.message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// How a rollback takes the output `T` of the step it undoes: `T`, or `Outcome<T>`.
pub trait UndoneOutput<T>: Sized {
    /// Whether it can be called without the output.
    const TAKES_OUTCOME: bool;

    /// The argument; none where the output is unknown and has to be known.
    fn from_output(output: Option<T>) -> Option<Self>;
}

impl<T> UndoneOutput<T> for T {
    const TAKES_OUTCOME: bool = false;

    fn from_output(output: Option<T>) -> Option<Self> {
        output
    }
}

impl<T> UndoneOutput<T> for Outcome<T> {
    const TAKES_OUTCOME: bool = true;

    fn from_output(output: Option<T>) -> Option<Self> {
        Some(output.map_or(Self::Unknown, Self::Done))
    }
}

/// What a rollback may take besides.
pub trait UndoExtra: Sized {
    /// The resource it needs.
    fn resource() -> Option<ResourceType>;

    /// The argument.
    ///
    /// # Errors
    /// With the resource that is missing.
    fn from_undo(failure: &StoredFailure, resources: &Resources) -> Result<Self, ResourceType>;
}

impl UndoExtra for Failure {
    fn resource() -> Option<ResourceType> {
        None
    }

    fn from_undo(failure: &StoredFailure, _: &Resources) -> Result<Self, ResourceType> {
        Ok(Self(failure.clone()))
    }
}

impl<T: Send + Sync + 'static> UndoExtra for Resource<T> {
    fn resource() -> Option<ResourceType> {
        Some(ResourceType::of::<T>())
    }

    fn from_undo(_: &StoredFailure, resources: &Resources) -> Result<Self, ResourceType> {
        resources.get().ok_or_else(ResourceType::of::<T>)
    }
}

/// Everything a rollback takes after the step's own arguments.
pub trait UndoTail {
    /// How it takes the output.
    type Output;
}

impl<A> UndoTail for (A,) {
    type Output = A;
}

impl<A, B> UndoTail for (A, B) {
    type Output = A;
}

impl<A, B, C> UndoTail for (A, B, C) {
    type Output = A;
}

impl<A, B, C, D> UndoTail for (A, B, C, D) {
    type Output = A;
}

/// An argument for an output that may be unknown.
#[diagnostic::on_unimplemented(
    message = "a step with a `timeout` needs a rollback that can undo a step of unknown outcome",
    label = "after this time nobody knows whether the step happened, and its rollback takes a plain `{Self}`",
    note = "let the rollback take `scoop::Outcome<{Self}>`: `Done(value)` when the step is known to have happened, `Unknown` when it may have"
)]
pub trait AcceptsUnknown {}

impl<T> AcceptsUnknown for Outcome<T> {}
