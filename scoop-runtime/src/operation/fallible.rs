//! Results, under whatever name; and those whose name does not say so.

use std::fmt;
use std::marker::PhantomData;

/// A `Result`, or an alias of one: takes its two types apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `std::result::Result`",
    label = "a step or a saga fails by returning a `Result<T, E>`",
    note = "what is called a result is one: give another type a name that does not end in `Result`",
    note = "`try_join!` and `try_map` take what can fail: for all else there are `join!` and `map`"
)]
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

/// Asks what a function returns whose return type is not called a result: `Returns::<T>::new().kind()`.
pub struct Returns<T>(PhantomData<fn() -> T>);

impl<T> Returns<T> {
    /// A probe for `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only macros make probes")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T, E> Returns<Result<T, E>> {
    /// It is one all the same.
    #[must_use]
    pub const fn kind(&self) -> UnderAnotherName {
        UnderAnotherName
    }
}

/// Chosen for all else.
pub trait ReturnsAValue {
    /// It is none.
    fn kind(&self) -> Plain {
        Plain
    }
}

impl<T> ReturnsAValue for Returns<T> {}

/// A `Result` whose name does not say so.
#[derive(Debug)]
pub struct UnderAnotherName;

/// What is no `Result`.
#[derive(Debug)]
pub struct Plain;

/// What counts as success whatever it is.
#[diagnostic::on_unimplemented(
    message = "this returns a `Result` under another name, so an `Err` would count as success",
    label = "is a `Result`, and is not called so",
    note = "write `Result<.., ..>`, or give the alias a name that ends in `Result`"
)]
pub trait CountsAsSuccess {}

#[diagnostic::do_not_recommend]
impl CountsAsSuccess for Plain {}

/// Refuses a `Result` under another name.
pub const fn counts_as_success<T: CountsAsSuccess>(_: &T) {}

impl<T> fmt::Debug for Returns<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returns")
    }
}
