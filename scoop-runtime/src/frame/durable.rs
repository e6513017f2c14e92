//! What can be kept across an await.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be saved at an await point and loaded in another process.
///
/// Implemented for everything that is `Serialize + DeserializeOwned + Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept across an `.await` in a saga",
    label = "this value of type `{Self}` is still needed after a later `.await`, so it must be saved with the saga",
    note = "if `{Self}` is your own type: add `#[derive(serde::Serialize, serde::Deserialize)]`",
    note = "if it is a reference or an iterator: keep an owned value instead (`.clone()`, `.to_owned()`, `.collect::<Vec<_>>()`)",
    note = "if it is a client or the like: take it as a parameter of type `Resource<..>`, mark its `let` with `#[transient]` to make it again after each `.await`, or create it inside a step"
)]
pub trait Durable: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> Durable for T {}
