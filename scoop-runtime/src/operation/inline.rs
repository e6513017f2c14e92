//! Functions of a saga: awaited without a run of their own, as a part of the one that awaits them.

use std::fmt;

use super::saga::{BodyError, BodyInput};
use super::{Intent, Operation, SagaCall, Settled, Unsettled};
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::protocol::description::{Description, OperationKind, OperationMeta};
use crate::resource::ResourceType;

/// A function of a saga: a type of its own for each `#[saga(inline)]`, made by the macro.
pub trait Inline: 'static {
    /// What the function returns; it is not stored.
    type Output: Send + 'static;

    /// Its await points.
    const DESCRIPTION: &'static Description;

    /// Makes the body, to be polled from its beginning or from the frame's await point.
    ///
    /// # Errors
    /// When an argument cannot be decoded, or a resource is missing.
    fn enter(input: BodyInput) -> InlineStart<Self::Output>;
}

/// The body of a function of a saga, ready to be polled.
pub type InlineStart<T> = Result<BoxFuture<'static, T>, BodyError>;

/// How an operation is done inside the run that awaits it.
pub struct Inside<O: Operation> {
    /// The await points that it has.
    pub(crate) description: &'static Description,
    /// Its arguments, encoded as an array.
    pub(crate) input: fn(O) -> Result<Stored, CodecError>,
    /// Makes its body.
    pub(crate) enter: fn(BodyInput) -> InlineStart<O::Output>,
}

/// A function of a saga that is awaited in one.
#[must_use = "a function of a saga does nothing until it is awaited"]
pub struct InlineCall<S>(SagaCall<S>);

impl<S: Inline> InlineCall<S> {
    /// What a saga awaits when it awaits this call.
    pub const fn new(call: SagaCall<S>) -> Self {
        Self(call)
    }
}

#[diagnostic::do_not_recommend]
impl<S: Inline> Operation for InlineCall<S> {
    type Output = S::Output;

    const META: OperationMeta = OperationMeta {
        name: S::DESCRIPTION.saga,
        kind: OperationKind::Saga,
        fallible: false,
        rollback: None,
    };

    fn inside() -> Option<Inside<Self>> {
        Some(Inside {
            description: S::DESCRIPTION,
            input: |call| call.0.input,
            enter: S::enter,
        })
    }

    fn into_intent(self) -> Intent {
        unreachable!("a function of a saga is done inside")
    }

    fn settle(settled: Settled) -> Result<S::Output, Box<Unsettled>> {
        settled.into_output()
    }
}

impl<S: Inline> fmt::Debug for InlineCall<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineCall")
            .field("function", &S::DESCRIPTION.saga)
            .field("input", &self.0.input)
            .finish()
    }
}

impl<O: Operation> fmt::Debug for Inside<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Inside")
            .field(&self.description.saga)
            .finish()
    }
}

/// A function of a saga registered at link time, for the resources that it wants.
#[derive(Debug)]
pub struct RegisteredInline {
    /// Its name in messages.
    pub name: &'static str,
    /// The resources it wants (`Self`, for a method).
    pub resources: fn() -> Vec<ResourceType>,
}

inventory::collect!(RegisteredInline);
