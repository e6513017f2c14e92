//! Results, under whatever name.

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
