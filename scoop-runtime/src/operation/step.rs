//! Steps: the unit that has an effect and an undo.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use super::StepEnd;
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::protocol::description::OperationMeta;
use crate::protocol::failure::{StoredError, StoredFailure};
use crate::protocol::promise::Promise;
pub use crate::protocol::retry::Retry;
use crate::resource::{ResourceType, Resources};

/// All that the engine knows of a step. Made by `#[step]`.
pub struct StepDescriptor {
    /// Name, kind, fallibility, rollback.
    pub meta: OperationMeta,
    /// The retry policy, where the attribute gives one.
    pub retry: Option<Retry>,
    /// Whether an error (a boxed reference to the step's own `E`) is worth another attempt; all
    /// are where there is no predicate.
    pub retry_on: Option<fn(&(dyn Any + Send)) -> bool>,
    /// The longest time one attempt may take.
    pub timeout: Option<Duration>,
    /// The resources it wants.
    pub resources: fn() -> Vec<ResourceType>,
    /// Runs one attempt.
    pub run: fn(StepInput) -> BoxFuture<'static, StepEnd>,
    /// How it is undone.
    pub undo: Option<UndoDescriptor>,
}

impl StepDescriptor {
    /// What it promises about being undone.
    pub(crate) fn promise(&self) -> Option<Promise> {
        Promise::of(self.meta.kind, self.undo.as_ref().map(|undo| undo.name))
    }
}

/// What an attempt at a step gets.
#[derive(Debug)]
pub struct StepInput {
    /// The stored arguments, encoded as an array.
    pub arguments: Stored,
    /// What the process provides.
    pub resources: Resources,
}

/// All that the engine knows of a rollback. Made by `#[step(rollback = ..)]`.
pub struct UndoDescriptor {
    /// The stored name of the rollback function.
    pub name: &'static str,
    /// Whether it takes `Outcome<T>`, and so can undo an operation that is in doubt.
    pub takes_outcome: fn() -> bool,
    /// The retry policy, where the attribute gives one.
    pub retry: Option<Retry>,
    /// The resources it wants.
    pub resources: fn() -> Vec<ResourceType>,
    /// Runs one attempt.
    pub run: fn(UndoInput) -> BoxFuture<'static, UndoEnd>,
}

/// What an attempt at a compensation gets.
#[derive(Debug)]
pub struct UndoInput {
    /// The step's stored arguments, encoded as an array.
    pub arguments: Stored,
    /// The step's stored output (the value in `Ok`); none when it is unknown whether it happened.
    pub output: Option<Stored>,
    /// Why the saga failed.
    pub failure: StoredFailure,
    /// What the process provides.
    pub resources: Resources,
}

/// What an attempt at a compensation came to.
#[derive(Debug)]
pub enum UndoEnd {
    /// It returned.
    Returned(Result<(), StoredError>),
    /// The stored arguments or output are not what this build expects; nothing was run.
    Undecodable(CodecError),
    /// A resource is missing; nothing was run.
    MissingResource(ResourceType),
}

impl fmt::Debug for StepDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Step").field(&self.meta.name).finish()
    }
}

impl fmt::Debug for UndoDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Undo").field(&self.name).finish()
    }
}

/// A step registered at link time.
#[derive(Debug)]
pub struct RegisteredStep(pub &'static StepDescriptor);

inventory::collect!(RegisteredStep);
