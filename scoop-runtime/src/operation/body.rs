//! What the expansion of a saga needs around its body.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Describe;

/// A `Result`, or an alias of one: takes its two types apart.
pub trait Fallible {
    /// The value in `Ok`.
    type Ok;
    /// The value in `Err`.
    type Error;

    /// The `Result` itself.
    ///
    /// # Errors
    /// When it is one.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// A value that can be stored with a saga: an argument or a result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored with a saga",
    label = "arguments and results of sagas and steps are stored, so `{Self}` must be serialisable",
    note = "if `{Self}` is your own type: add `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait Storable: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Storable for T {}

/// Asks a type whether it can be stored.
pub const fn storable<T: Storable>() {}

/// Asks a type whether a step or saga can fail with it.
pub const fn failing<E: Describe>() {}
