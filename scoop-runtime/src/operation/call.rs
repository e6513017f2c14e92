//! What calling a step or a saga gives: something to be awaited or started.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::saga::SagaDescriptor;
use super::step::{StepDescriptor, StepInput};
use super::{Intent, Operation, Settled, StepEnd, Unsettled};
use crate::codec::{CodecError, Stored};
use crate::protocol::description::OperationMeta;
use crate::resource::{Resource, Resources};
use crate::store::tx::Lent;

/// A step's definition: a type of its own for each `#[step]`, made by the macro.
pub trait Step: 'static {
    /// What the function returns.
    type Output: Send + 'static;

    /// What the compiler knows of it.
    const META: OperationMeta;

    /// What the engine knows of it.
    fn descriptor() -> &'static StepDescriptor;
}

/// A call of a step, to be awaited inside a saga.
#[must_use = "a step does nothing until it is awaited inside a `#[saga]`"]
pub struct StepCall<S> {
    arguments: Result<Stored, CodecError>,
    resources: Resources,
    step: PhantomData<fn() -> S>,
}

impl<S: Step> StepCall<S> {
    /// A call with these arguments (an array); the macro's part.
    pub fn new(arguments: Result<Stored, CodecError>) -> Self {
        Self {
            arguments,
            resources: Resources::default(),
            step: PhantomData,
        }
    }

    /// Provides a resource for [`call`](Self::call).
    pub fn provide<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        self.resources.insert(Resource::new(resource));
        self
    }

    /// Runs the step as a plain function: no runtime, no checkpoint, no retry, no rollback. For
    /// unit tests. The arguments are encoded and decoded as in a saga.
    ///
    /// # Panics
    /// When the arguments do not survive JSON, a `Resource` parameter was not
    /// [provided](Self::provide), or the step takes a transaction.
    pub async fn call(self) -> S::Output {
        self.called(None).await
    }

    /// Runs a step that takes a transaction as a plain function, with this one: a
    /// `&mut sqlx::Transaction<'_, _>` or a `&mut` connection of the test's. It is neither committed
    /// nor rolled back here, whatever the step returns.
    ///
    /// # Panics
    /// As [`call`](Self::call); and when the transaction is of another database.
    pub async fn call_in<'t>(self, transaction: impl Into<Lent<'t>>) -> S::Output {
        let mut lent = transaction.into();
        self.called(Some(&mut lent)).await
    }

    async fn called<'a>(self, transaction: Option<&'a mut Lent<'a>>) -> S::Output {
        let name = S::META.name;
        let arguments = match self.arguments {
            Ok(arguments) => arguments,
            Err(error) => panic!("an argument of `{name}` {error}"),
        };
        let input = StepInput {
            arguments,
            resources: self.resources,
            transaction,
        };
        match (S::descriptor().run)(input).await {
            StepEnd::Returned { value, .. } => *value
                .downcast()
                .expect("a step returns what its signature says"),
            StepEnd::Undecodable(error) => panic!("an argument of `{name}` {error}"),
            StepEnd::MissingTransaction(missing) => {
                panic!("`{name}` {missing}: run it with `.call_in(&mut transaction)`")
            }
            StepEnd::MissingResource(missing) => {
                panic!(
                    "`{name}` wants the resource `{}`: add `.provide(..)`",
                    missing.name
                )
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<S: Step> Operation for StepCall<S> {
    type Output = S::Output;

    const META: OperationMeta = S::META;

    fn into_intent(self) -> Intent {
        Intent::Step {
            step: S::descriptor(),
            arguments: self.arguments,
        }
    }

    fn settle(settled: Settled) -> Result<S::Output, Box<Unsettled>> {
        settled.into_output()
    }
}

impl<S: Step> fmt::Debug for StepCall<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepCall")
            .field("step", &S::META.name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// Implemented by nothing: the reason why a step cannot be awaited outside a saga.
#[diagnostic::on_unimplemented(
    message = "a step is awaited outside a saga",
    label = "`.await` on a step works only inside an `async fn` marked `#[saga]`",
    note = "mark the enclosing function with `#[saga]`",
    note = "or, in a unit test, run the step as a plain function with `.call().await`"
)]
pub trait AwaitedInsideASaga {}

impl<S: Step + AwaitedInsideASaga> Future for StepCall<S> {
    type Output = S::Output;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<S::Output> {
        Poll::Pending
    }
}

/// A saga: a type of its own for each `#[saga]` function, which has no name to write down.
///
/// A function that takes a handle says what the saga returns:
/// `async fn tell(handle: Handle<impl Saga<Ok = Receipt, Error = SoldOut>>)`. Implemented by
/// `#[saga]`; not for users to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no saga of its own",
    label = "a function marked `#[saga(inline)]` is a part of the saga that awaits it: there is no run to start, to catch or to await beside others",
    note = "await it alone inside a `#[saga]`: `helper(..).await`",
    note = "or make a saga of it: leave out `inline`"
)]
pub trait Saga: 'static {
    /// What the function returns.
    #[doc(hidden)]
    type Output: 'static;

    /// The value in `Ok`, or what the function returns where that is no `Result`.
    type Ok: Send + 'static;

    /// The error, or [`Never`](super::Never) where the function returns no `Result`.
    type Error: Send + 'static;

    /// What the compiler knows of it.
    #[doc(hidden)]
    const META: OperationMeta;

    /// What the engine knows of it.
    #[doc(hidden)]
    fn descriptor() -> &'static SagaDescriptor;

    /// What the function returns, made of its parts; nothing of an error, where it returns no
    /// `Result`.
    #[doc(hidden)]
    fn output(result: Result<Self::Ok, Self::Error>) -> Option<Self::Output>;

    /// Decodes the stored value.
    ///
    /// # Errors
    /// When the bytes are not what the type expects.
    #[doc(hidden)]
    fn decode_ok(stored: &Stored) -> Result<Self::Ok, CodecError>;

    /// Decodes the stored error.
    ///
    /// # Errors
    /// When the bytes are not what the type expects.
    #[doc(hidden)]
    fn decode_error(stored: &Stored) -> Result<Self::Error, CodecError>;
}

/// A call of a saga, to be awaited or started.
#[must_use = "a saga does nothing until it is awaited or started"]
pub struct SagaCall<S> {
    pub(crate) input: Result<Stored, CodecError>,
    saga: PhantomData<fn() -> S>,
}

impl<S> SagaCall<S> {
    /// A call with these arguments (an array); the macro's part.
    #[doc(hidden)]
    pub const fn new(input: Result<Stored, CodecError>) -> Self {
        Self {
            input,
            saga: PhantomData,
        }
    }
}

impl<S: Saga> fmt::Debug for SagaCall<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SagaCall")
            .field("saga", &S::descriptor().description.saga)
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}
