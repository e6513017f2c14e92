//! Errors as users meet them.

mod describe;

pub use describe::{Describe, ErrorProbe, StoredAsText, StoredWithValue};

use std::marker::PhantomData;

use crate::protocol::failure::StoredFailure;

/// The error of a saga as its caller gets it.
#[derive(Debug)]
pub struct SagaError<E> {
    inside: Result<Box<StoredFailure>, Box<dyn std::error::Error + Send + Sync>>,
    error: PhantomData<fn() -> E>,
}

impl<E> SagaError<E> {
    /// Wraps a failure.
    #[must_use]
    pub fn from_failure(failure: StoredFailure) -> Self {
        Self { inside: Ok(Box::new(failure)), error: PhantomData }
    }

    /// Wraps trouble of the infrastructure.
    #[must_use]
    pub fn from_trouble(trouble: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self { inside: Err(trouble), error: PhantomData }
    }
}

/// An error for those who do not define one of their own.
#[derive(Debug)]
pub struct Error;

impl<E> std::fmt::Display for SagaError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.inside {
            Ok(failure) => f.write_str(&failure.error.message),
            Err(trouble) => trouble.fmt(f),
        }
    }
}
