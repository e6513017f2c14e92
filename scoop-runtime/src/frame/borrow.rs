//! A message of its own for a borrow that is kept across an await: without it rustc would speak of
//! `Deserialize` not being general enough.

use std::fmt;

/// Asks a local whether it is owned: `BorrowProbe(&local).owned()`.
///
/// For a reference the inherent method is chosen, whose bound nothing fulfils; for all else the
/// trait's, which does nothing.
pub struct BorrowProbe<'a, T>(pub &'a T);

/// The answer of everything that is no reference.
pub trait Owned {
    /// Does nothing.
    fn owned(&self) {}
}

impl<T> Owned for BorrowProbe<'_, T> {}

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "a borrow is still needed after an `.await` in a saga",
    label = "borrowed here (`&{Self}`), used again after a later `.await`",
    note = "the saga may go on in another process at that `.await`, where there is nothing left to borrow from",
    note = "keep an owned value (`.clone()`, `.to_owned()`, `.to_string()`), or borrow again after the `.await`; `let x = &place;` is borrowed again for you"
)]
pub trait BorrowedAcrossAwait {}

impl<T: ?Sized> BorrowProbe<'_, &T> {
    /// Chosen for a shared reference.
    pub fn owned(&self)
    where
        T: BorrowedAcrossAwait,
    {
    }
}

impl<T: ?Sized> BorrowProbe<'_, &mut T> {
    /// Chosen for a unique reference.
    pub fn owned(&self)
    where
        T: BorrowedAcrossAwait,
    {
    }
}

impl<T> fmt::Debug for BorrowProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BorrowProbe")
    }
}
