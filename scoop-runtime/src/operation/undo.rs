//! What a rollback may take after the step's own arguments, and how it is called.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::de::Error as _;

use super::step::UndoEnd;
use crate::codec::CodecError;
use crate::environment::BoxFuture;
use crate::error::Describe;
use crate::protocol::failure::{StoredError, StoredFailure};
use crate::resource::{Resource, ResourceType, Resources};
use crate::store::tx::{Database, Kind, Lent, Noted, Tx};

/// What is known of the operation that a rollback undoes.
///
/// A rollback that takes this can undo a step that was cut off by a crash or a timeout. One that
/// takes the plain `T` cannot: such a step is first run again until its outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened, and returned this.
    Done(T),
    /// Nobody knows whether it happened: undo it if it did.
    Unknown,
}

/// Why a saga is rolled back, as its rollbacks may see it.
#[derive(Clone)]
pub struct Failure(Arc<StoredFailure>);

impl Failure {
    /// The message of the error with which the saga failed.
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

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a rollback takes the output of its step: as `T` or as [`Outcome<T>`].
pub trait UndoneOutput<T>: Sized {
    /// Whether it can be made of an unknown outcome.
    const TAKES_OUTCOME: bool;

    /// Makes it, where it can be made; `None` is an unknown outcome.
    fn of(output: Option<T>) -> Option<Self>;
}

impl<T> UndoneOutput<T> for T {
    const TAKES_OUTCOME: bool = false;

    fn of(output: Option<T>) -> Option<Self> {
        output
    }
}

impl<T> UndoneOutput<T> for Outcome<T> {
    const TAKES_OUTCOME: bool = true;

    fn of(output: Option<T>) -> Option<Self> {
        Some(output.map_or(Self::Unknown, Self::Done))
    }
}

/// How a rollback that undoes a step with a `timeout` takes its output.
#[diagnostic::on_unimplemented(
    message = "a step with a `timeout` wants a rollback that accepts an unknown outcome",
    label = "this rollback takes `{Self}`, which is there only if the step returned in time",
    note = "after a timeout nobody knows whether the step happened: let the rollback take `Outcome<{Self}>` instead of `{Self}`, and undo on `Outcome::Unknown` too",
    note = "or leave out the `timeout`"
)]
pub trait AcceptsUnknown {}

impl<T> AcceptsUnknown for Outcome<T> {}

/// How a rollback that undoes a `cancellable` step takes its output.
#[diagnostic::on_unimplemented(
    message = "a `cancellable` step wants a rollback that accepts an unknown outcome",
    label = "this rollback takes `{Self}`, which is there only if the step was not dropped",
    note = "a step that is dropped may have happened: let the rollback take `Outcome<{Self}>` instead of `{Self}`, and undo on `Outcome::Unknown` too",
    note = "or leave out `cancellable`: a step that is under way is awaited then"
)]
pub trait AcceptsDropped {}

impl<T> AcceptsDropped for Outcome<T> {}

/// What a rollback may take after the output: a [`Failure`], a [`Resource`], a `&mut` [`Tx`].
pub trait UndoExtra<'a>: Sized {
    /// The resource that it is.
    fn wanted() -> Option<ResourceType> {
        None
    }

    /// The database whose transaction it is.
    fn database() -> Option<Database> {
        None
    }

    /// Takes it.
    ///
    /// # Errors
    /// When it is a resource that is not provided, or a transaction that is not there.
    fn take(given: &mut UndoGiven<'a>) -> Result<Self, UndoEnd>;
}

impl UndoExtra<'_> for Failure {
    fn take(given: &mut UndoGiven<'_>) -> Result<Self, UndoEnd> {
        Ok(Self(Arc::clone(&given.failure)))
    }
}

impl<R: Send + Sync + 'static> UndoExtra<'_> for Resource<R> {
    fn wanted() -> Option<ResourceType> {
        Some(ResourceType::of::<R>())
    }

    fn take(given: &mut UndoGiven<'_>) -> Result<Self, UndoEnd> {
        let found = given.resources.get();
        found.ok_or_else(|| UndoEnd::MissingResource(ResourceType::of::<R>()))
    }
}

impl<'a, D: Kind> UndoExtra<'a> for &'a mut Tx<'a, D> {
    fn database() -> Option<Database> {
        Some(D::DATABASE)
    }

    fn take(given: &mut UndoGiven<'a>) -> Result<Self, UndoEnd> {
        let taken = Lent::take(given.transaction.take());
        taken.map(|(tx, _)| tx).map_err(UndoEnd::MissingTransaction)
    }
}

/// What is wanted, among these parameters.
pub fn wanted<T, const N: usize>(parameters: [Option<T>; N]) -> Vec<T> {
    parameters.into_iter().flatten().collect()
}

/// What the parameters after the output are filled from.
#[derive(Debug)]
pub struct UndoGiven<'a> {
    /// Why the saga failed.
    pub failure: Arc<StoredFailure>,
    /// What the process provides.
    pub resources: Resources,
    /// The transaction, until it is taken.
    pub transaction: Option<&'a mut Lent<'a>>,
}

/// What the parameters after the step's own arguments are filled from.
#[derive(Debug)]
pub struct UndoTail<'a, T> {
    /// The output of the step; none when it is unknown whether it happened.
    pub output: Option<T>,
    /// What is after that.
    pub given: UndoGiven<'a>,
    /// What is seen in the transaction.
    pub noted: Option<Noted>,
}

impl<'a, T> UndoTail<'a, T> {
    /// The output, as the rollback takes it.
    ///
    /// # Errors
    /// When the outcome is unknown, and the rollback takes none such.
    pub fn output<X: UndoneOutput<T>>(&mut self) -> Result<X, UndoEnd> {
        X::of(self.output.take()).ok_or_else(|| {
            let why = "the outcome is unknown, and the rollback takes no `Outcome`";
            UndoEnd::Undecodable(CodecError::Decode(serde_json::Error::custom(why)))
        })
    }

    /// A parameter after the output.
    ///
    /// # Errors
    /// When it is a resource that is not provided, or a transaction that is not there.
    pub fn extra<X: UndoExtra<'a>>(&mut self) -> Result<X, UndoEnd> {
        X::take(&mut self.given)
    }
}

/// A call of a rollback that has begun.
pub type Undone<'a> = BoxFuture<'a, Result<(), StoredError>>;

/// A rollback, whatever it takes after the step's arguments `A`.
pub struct Undoing<'a, A, T> {
    /// Whether it takes [`Outcome<T>`].
    pub takes_outcome: bool,
    /// The resources it wants.
    pub resources: Vec<ResourceType>,
    /// The databases whose transactions it takes.
    pub transactions: Vec<Database>,
    /// Calls it.
    pub call: Call<'a, A, T>,
}

/// How a rollback is called.
pub type Call<'a, A, T> =
    Box<dyn FnOnce(A, UndoTail<'a, T>) -> Result<Undone<'a>, UndoEnd> + Send + 'a>;

impl<A, T> fmt::Debug for Undoing<'_, A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undoing")
            .field("takes_outcome", &self.takes_outcome)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

/// Turns the error of a rollback into what is stored.
pub fn described<'a, E: Describe>(
    undone: impl Future<Output = Result<(), E>> + Send + 'a,
    noted: Option<Noted>,
) -> Undone<'a> {
    Box::pin(async move {
        undone.await.map_err(|error| {
            if let Some(noted) = noted {
                noted.look_at(&error);
            }
            error.describe()
        })
    })
}
