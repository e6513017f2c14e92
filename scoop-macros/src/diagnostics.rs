//! Collects the mistakes of an item, so that all are told at once.

use proc_macro2::Span;
use syn::Error;

/// The mistakes so far.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<Error>);

impl Mistakes {
    /// Notes a mistake at a place of the user's.
    pub(crate) fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(Error::new(span, message));
    }

    /// Notes a mistake that was found elsewhere.
    pub(crate) fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// The value, noting why there is none.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<Error> {
        self.0
    }
}
