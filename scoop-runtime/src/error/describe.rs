//! How a user's error becomes text that can be stored, and a value where its type allows.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

use super::text::sources_of;
use crate::protocol::failure::StoredError;

/// An error of a step or a saga: anything that implements `std::error::Error`, and
/// [`scoop::Error`](super::Error).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error type",
    label = "a step or saga fails with a type that implements `std::error::Error`",
    note = "derive it: `#[derive(Debug, thiserror::Error)]`",
    note = "or use `scoop::Error`, which takes any error with `?`"
)]
pub trait Describe: Send + 'static {
    /// The error's name, message and sources, without its value.
    fn describe(&self) -> StoredError;

    /// The error as the standard library knows it.
    fn as_std_error(&self) -> &(dyn StdError + 'static);
}

#[diagnostic::do_not_recommend]
impl<E: StdError + Send + 'static> Describe for E {
    fn describe(&self) -> StoredError {
        StoredError {
            type_name: std::any::type_name::<E>().to_owned(),
            message: self.to_string(),
            sources: sources_of(self),
            value: None,
        }
    }

    fn as_std_error(&self) -> &(dyn StdError + 'static) {
        self
    }
}

/// Asks an error whether its value can be stored too:
/// `(&&&ErrorProbe(&error)).stored()` chooses the best way that its type allows.
pub struct ErrorProbe<'a, E>(pub &'a E);

/// The way of errors that can be encoded.
pub trait StoredWithValue {
    /// The error as it is stored.
    fn stored(&self) -> StoredError;
}

impl<E: Describe + Serialize> StoredWithValue for &&ErrorProbe<'_, E> {
    fn stored(&self) -> StoredError {
        StoredError {
            value: serde_json::value::to_raw_value(self.0).ok(),
            ..self.0.describe()
        }
    }
}

/// The way of all others.
pub trait StoredAsText {
    /// The error as it is stored.
    fn stored(&self) -> StoredError;
}

impl<E: Describe> StoredAsText for &ErrorProbe<'_, E> {
    fn stored(&self) -> StoredError {
        self.0.describe()
    }
}

/// The way of what is no error: only to let the compiler go on to the message that helps.
pub trait NotAnError {
    /// An empty error.
    fn stored(&self) -> StoredError {
        StoredError {
            type_name: String::new(),
            message: String::new(),
            sources: Vec::new(),
            value: None,
        }
    }
}

impl<E> NotAnError for ErrorProbe<'_, E> {}

impl<E> fmt::Debug for ErrorProbe<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorProbe")
    }
}
