//! Steps: the unit that has an effect and an undo.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::StepEnd;
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::protocol::description::OperationMeta;
use crate::protocol::failure::{StoredError, StoredFailure};
use crate::protocol::promise::Promise;
pub use crate::protocol::retry::Retry;
use crate::resource::{ResourceType, Resources};
use crate::store::tx::{Database, Lent, Missing, Noted};

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
    /// Whether an attempt may be dropped at its awaits, where nothing more is to begin.
    pub cancellable: bool,
    /// The resources it wants.
    pub resources: fn() -> Vec<ResourceType>,
    /// The transaction it takes part in.
    pub transaction: Option<TransactionDescriptor>,
    /// Runs one attempt.
    pub run: for<'a> fn(StepInput<'a>) -> BoxFuture<'a, StepEnd>,
    /// How it is undone.
    pub undo: Option<UndoDescriptor>,
}

impl StepDescriptor {
    /// What it promises about being undone.
    pub(crate) fn promise(&self) -> Option<Promise> {
        Promise::of(self.meta.kind, self.undo.as_ref().map(|undo| undo.name))
    }
}

/// All that the engine knows of the transaction that a step takes part in.
pub struct TransactionDescriptor {
    /// The database.
    pub database: Database,
    /// Makes the step's output, boxed, of its stored value (that in `Ok`).
    pub reload: fn(&Stored) -> Result<Box<dyn Any + Send>, CodecError>,
}

/// What an attempt at a step gets.
#[derive(Debug)]
pub struct StepInput<'a> {
    /// The stored arguments, encoded as an array.
    pub arguments: Stored,
    /// What the process provides.
    pub resources: Resources,
    /// The transaction, for a step that takes part in one.
    pub transaction: Option<&'a mut Lent<'a>>,
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
    /// The databases whose transactions it wants to take part in: at most one can be had.
    pub transactions: fn() -> Vec<Database>,
    /// Runs one attempt.
    pub run: for<'a> fn(UndoInput<'a>) -> BoxFuture<'a, UndoEnd>,
}

/// What an attempt at a compensation gets.
#[derive(Debug)]
pub struct UndoInput<'a> {
    /// The step's stored arguments, encoded as an array.
    pub arguments: Stored,
    /// The step's stored output (the value in `Ok`); none when it is unknown whether it happened.
    pub output: Option<Stored>,
    /// Why the saga failed.
    pub failure: Arc<StoredFailure>,
    /// What the process provides.
    pub resources: Resources,
    /// The transaction, for a rollback that takes part in one.
    pub transaction: Option<&'a mut Lent<'a>>,
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
    /// There is no such transaction; nothing was run.
    MissingTransaction(Missing),
}

impl UndoInput<'_> {
    /// What is seen in the transaction.
    #[must_use]
    pub fn noted(&self) -> Option<Noted> {
        self.transaction.as_ref().map(|lent| lent.noted())
    }
}

impl fmt::Debug for TransactionDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transaction").field(&self.database).finish()
    }
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
