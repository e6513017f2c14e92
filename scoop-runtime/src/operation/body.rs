//! What the expansion of a saga needs around its body.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::saga::BodyEnd;
use crate::codec::Stored;
use crate::error::{Describe, ErrorProbe, StoredAsText as _, StoredWithValue as _};

/// A `Result`, or an alias of one: takes its two types apart.
pub trait Fallible {
    /// The value in `Ok`.
    type Ok;
    /// The value in `Err`.
    type Error;

    /// The `Result` itself.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Ok = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// The end of a body that returns a `Result`.
///
/// # Errors
/// When the value cannot be encoded.
pub fn fallible_end<R>(output: R) -> BodyEnd
where
    R: Fallible<Ok: Serialize, Error: Describe + Serialize>,
{
    match output.into_result() {
        Ok(value) => Stored::encode(&value).map(Ok),
        Err(error) => Ok(Err((&&ErrorProbe(&error)).stored())),
    }
}

/// The end of a body that returns a plain value.
///
/// # Errors
/// When the value cannot be encoded.
pub fn infallible_end<T: Serialize>(output: T) -> BodyEnd {
    Stored::encode(&output).map(Ok)
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
