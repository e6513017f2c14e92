//! Errors as users meet them.

mod describe;

pub use describe::{AsStdError, Describe, ErrorProbe, NotAnError, StoredAsText, StoredWithValue};

use std::marker::PhantomData;

use crate::protocol::failure::StoredFailure;

/// The error of a saga as its caller gets it.
#[derive(Debug)]
pub struct SagaError<E> {
    failure: StoredFailure,
    error: PhantomData<fn() -> E>,
}

impl<E> SagaError<E> {
    /// Wraps a failure.
    #[must_use]
    pub const fn from_failure(failure: StoredFailure) -> Self {
        Self {
            failure,
            error: PhantomData,
        }
    }
}

/// An error for those who do not define one of their own.
#[derive(Debug)]
pub struct Error;
