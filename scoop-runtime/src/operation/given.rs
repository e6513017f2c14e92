//! What an `async` block has from the saga around it: what it captures, lent and read back, and what the process
//! provides to it. All lists are pairs of the first and the rest.

use std::fmt;

use super::stored::{Arguments, Codec, StoredArguments};
use crate::codec::CodecError;
use crate::resource::{Resource, ResourceType, Resources};

/// The locals that a block captures, borrowed: `(A, (B, ()))`.
pub trait Lent {
    /// What is captured of them.
    type Owned;

    /// Adds all of them.
    fn push(self, captured: &mut Arguments);
}

impl Lent for () {
    type Owned = ();

    fn push(self, _: &mut Arguments) {}
}

/// A local that a block captures.
#[derive(Debug)]
pub struct Lending<'a, T>(pub &'a Codec<T>, pub &'a T);

impl<T, L: Lent> Lent for (Lending<'_, T>, L) {
    type Owned = (T, L::Owned);

    fn push(self, captured: &mut Arguments) {
        let (Lending(codec, local), rest) = self;
        codec.push(captured, local);
        rest.push(captured);
    }
}

/// What reads what a block captured: `(Codec<A>, (Codec<B>, ()))`.
pub trait Codecs {
    /// What that is: `(A, (B, ()))`.
    type Values;

    /// How many they are.
    const COUNT: usize;

    /// Takes all of them.
    ///
    /// # Errors
    /// When one is not what its type expects.
    fn take(&self, stored: &mut StoredArguments) -> Result<Self::Values, CodecError>;
}

impl Codecs for () {
    type Values = ();

    const COUNT: usize = 0;

    fn take(&self, _: &mut StoredArguments) -> Result<(), CodecError> {
        Ok(())
    }
}

impl<T, C: Codecs> Codecs for (Codec<T>, C) {
    type Values = (T, C::Values);

    const COUNT: usize = 1 + C::COUNT;

    fn take(&self, stored: &mut StoredArguments) -> Result<Self::Values, CodecError> {
        Ok((self.0.take(stored)?, self.1.take(stored)?))
    }
}

/// The resources that a block uses, borrowed: `(&bank, ())`.
pub trait Given {
    /// The same, owned.
    type Owned;
}

impl Given for () {
    type Owned = ();
}

impl<T: Send + Sync + 'static, G: Given> Given for (&Resource<T>, G) {
    type Owned = (Resource<T>, G::Owned);
}

/// The resource whose method the saga is.
pub struct This<'a, T>(pub &'a T);

impl<T: Send + Sync + 'static, G: Given> Given for (This<'_, T>, G) {
    type Owned = (Resource<T>, G::Owned);
}

/// What the process provides to a block.
pub trait Provided: Sized {
    /// Looks all of them up.
    ///
    /// # Errors
    /// With one that is not provided.
    fn find(resources: &Resources) -> Result<Self, ResourceType>;
}

impl Provided for () {
    fn find(_: &Resources) -> Result<Self, ResourceType> {
        Ok(())
    }
}

impl<T: Send + Sync + 'static, R: Provided> Provided for (Resource<T>, R) {
    fn find(resources: &Resources) -> Result<Self, ResourceType> {
        let resource = resources.get::<T>().ok_or_else(ResourceType::of::<T>)?;
        Ok((resource, R::find(resources)?))
    }
}

impl<T> fmt::Debug for This<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This")
    }
}
