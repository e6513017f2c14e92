//! Whether something can be awaited in a saga. It is asked in this one place, so that what cannot is
//! one mistake: what goes on with the value is compiled as if it could.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::operation::inline::{Inline, InlineCall};
use crate::operation::{
    Caught, ChildCall, Intent, Operation, Saga, SagaCall, Settled, StoredByAChild, Unsettled,
};
use crate::protocol::description::{OperationKind, OperationMeta};

/// Asks what is awaited what it is: `(&&&&&&Awaited(&it)).kind().operation(it)`. Of the kinds that
/// fit, the one behind the most references is chosen.
pub struct Awaited<'a, O>(pub &'a O);

/// The kind of what can be awaited.
#[derive(Debug)]
pub struct AnOperation;

/// Chooses [`AnOperation`].
pub trait IsOperation {
    /// The kind.
    fn kind(&self) -> AnOperation {
        AnOperation
    }
}

impl<O: Operation> IsOperation for &&&&&Awaited<'_, O> {}

impl AnOperation {
    /// What is awaited.
    pub fn operation<O: Operation>(self, operation: O) -> O {
        operation
    }
}

/// The kind of functions of a saga.
#[derive(Debug)]
pub struct AFunction;

/// Chooses [`AFunction`].
pub trait IsFunction {
    /// The kind.
    fn kind(&self) -> AFunction {
        AFunction
    }
}

impl<S: Inline> IsFunction for &&&&Awaited<'_, SagaCall<S>> {}

impl AFunction {
    /// What is awaited.
    pub fn operation<S: Inline>(self, call: SagaCall<S>) -> InlineCall<S> {
        InlineCall::new(call)
    }
}

/// The kind of sagas.
#[derive(Debug)]
pub struct ASaga;

/// Chooses [`ASaga`].
pub trait IsSaga {
    /// The kind.
    fn kind(&self) -> ASaga {
        ASaga
    }
}

impl<S> IsSaga for &&&Awaited<'_, SagaCall<S>> {}

impl ASaga {
    /// What is awaited.
    pub fn operation<S>(self, call: SagaCall<S>) -> ChildCall<S>
    where
        S: Saga<Error: StoredByAChild>,
    {
        ChildCall::new(call)
    }
}

/// The kind of sagas in `caught`.
#[derive(Debug)]
pub struct ACaughtSaga;

/// Chooses [`ACaughtSaga`].
pub trait IsCaughtSaga {
    /// The kind.
    fn kind(&self) -> ACaughtSaga {
        ACaughtSaga
    }
}

impl<S> IsCaughtSaga for &&Awaited<'_, Caught<SagaCall<S>>> {}

impl ACaughtSaga {
    /// What is awaited.
    pub fn operation<S>(self, caught: Caught<SagaCall<S>>) -> Caught<ChildCall<S>>
    where
        S: Saga<Error: StoredByAChild>,
    {
        Caught(ChildCall::new(caught.0))
    }
}

/// The kind of all other futures.
#[derive(Debug)]
pub struct AFuture;

/// Chooses [`AFuture`].
pub trait IsFuture {
    /// The kind.
    fn kind(&self) -> AFuture {
        AFuture
    }
}

impl<F: IntoFuture> IsFuture for &Awaited<'_, F> {}

impl AFuture {
    /// Refuses it.
    pub fn operation<F>(self, _: F) -> Refused<<F as IntoFuture>::Output>
    where
        F: Operation + IntoFuture,
    {
        Refused(PhantomData)
    }
}

/// The kind of what plain Rust cannot await either.
#[derive(Debug)]
pub struct NoFuture;

/// Chooses [`NoFuture`].
pub trait IsNoFuture {
    /// The kind.
    fn kind(&self) -> NoFuture {
        NoFuture
    }
}

impl<O> IsNoFuture for Awaited<'_, O> {}

impl NoFuture {
    /// Refuses it.
    pub fn operation<O: Operation, T>(self, _: O) -> Refused<T> {
        Refused(PhantomData)
    }
}

/// Stands for what was refused: a program that has it does not compile.
pub struct Refused<T>(PhantomData<fn() -> T>);

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Operation for Refused<T> {
    type Output = T;

    const META: OperationMeta = OperationMeta {
        name: "",
        kind: OperationKind::Saga,
        fallible: false,
        rollback: None,
    };

    fn into_intent(self) -> Intent {
        unreachable!("what is refused does not compile")
    }

    fn settle(settled: Settled) -> Result<T, Box<Unsettled>> {
        settled.into_output()
    }
}

impl<O> fmt::Debug for Awaited<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Awaited")
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}
