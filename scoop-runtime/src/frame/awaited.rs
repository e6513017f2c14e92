//! Whether something can be awaited in a saga: asked in this one place, so that what cannot is one
//! mistake, with a message of its own for a saga.

use std::fmt;

use crate::operation::{Caught, ChildSaga, Operation, SagaCall};

/// Asks what is awaited for its operation: `Awaited(call).operation()`.
///
/// For a saga the inherent method is chosen, whose bound nothing fulfils yet; for all else the
/// trait's, which gives it back.
pub struct Awaited<O>(pub O);

impl<S> Awaited<SagaCall<S>> {
    /// Chosen for a saga. Nothing is known of the type, so that nothing more is said of it.
    pub fn operation<O>(self) -> O
    where
        S: ChildSaga,
    {
        S::operation(self.0)
    }
}

impl<S> Awaited<Caught<SagaCall<S>>> {
    /// Chosen for a saga in `caught`.
    pub fn operation<O>(self) -> O
    where
        S: ChildSaga,
    {
        S::operation(self.0.0)
    }
}

/// The answer of everything that is no saga.
pub trait NoSaga<O> {
    /// Gives it back. The type is written in a way that what is no operation has none: then the
    /// compiler asks nothing more of it.
    fn operation(self) -> O::Itself
    where
        O: Operation;
}

impl<O> NoSaga<O> for Awaited<O> {
    fn operation(self) -> O::Itself
    where
        O: Operation,
    {
        self.0.itself()
    }
}

impl<O> fmt::Debug for Awaited<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Awaited")
    }
}
