//! What an `async` block captures of a local that borrows, where a loop or a `match` bound it: the value behind the
//! borrow, which the block borrows from again.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::given::Lent;
use super::stored::Arguments;
use crate::frame::Durable;

/// Asks a local what it is: `Behind(&local).captured()`. For a reference the inherent method is chosen.
pub struct Behind<'a, T>(pub &'a T);

/// A value that is lent to a block.
pub struct LentAs<'a, V: ?Sized, K>(&'a V, PhantomData<fn() -> K>);

/// The value behind a reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByReference<T>(T);

/// The text behind a reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByText(String);

/// The list behind a reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByList<T>(Vec<T>);

/// A value that is no reference, though a loop over a borrow gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByValue<T>(T);

impl<'a, T: Durable> Behind<'_, &'a T> {
    /// What is behind the reference.
    #[must_use]
    pub const fn captured(&self) -> LentAs<'a, T, ByReference<T>> {
        LentAs(self.0, PhantomData)
    }
}

impl<'a> Behind<'_, &'a str> {
    /// The text behind the reference.
    #[must_use]
    pub const fn captured(&self) -> LentAs<'a, str, ByText> {
        LentAs(self.0, PhantomData)
    }
}

impl<'a, T: Durable> Behind<'_, &'a [T]> {
    /// The list behind the reference.
    #[must_use]
    pub const fn captured(&self) -> LentAs<'a, [T], ByList<T>> {
        LentAs(self.0, PhantomData)
    }
}

/// Chosen for what is no reference.
pub trait NothingBehind<'a, T> {
    /// The value itself.
    fn captured(&self) -> LentAs<'a, T, ByValue<T>>;
}

impl<'a, T: Durable + Clone> NothingBehind<'a, T> for Behind<'a, T> {
    fn captured(&self) -> LentAs<'a, T, ByValue<T>> {
        LentAs(self.0, PhantomData)
    }
}

impl<V: ?Sized + Serialize, K, L: Lent> Lent for (LentAs<'_, V, K>, L) {
    type Owned = (K, L::Owned);

    fn push(self, captured: &mut Arguments) {
        captured.push_value(self.0.0);
        self.1.push(captured);
    }
}

impl<T> ByReference<T> {
    /// The reference.
    pub const fn again(&self) -> &T {
        &self.0
    }
}

impl ByText {
    /// The reference.
    #[must_use]
    pub fn again(&self) -> &str {
        &self.0
    }
}

impl<T> ByList<T> {
    /// The reference.
    #[must_use]
    pub fn again(&self) -> &[T] {
        &self.0
    }
}

impl<T: Clone> ByValue<T> {
    /// The value.
    #[must_use]
    pub fn again(&self) -> T {
        self.0.clone()
    }
}

impl<T> fmt::Debug for Behind<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behind")
    }
}

impl<V: ?Sized, K> fmt::Debug for LentAs<'_, V, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LentAs")
    }
}
