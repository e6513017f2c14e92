//! Errors on their way out of the store: not every error can be read back as a value.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::codec::{CodecError, Stored};

/// Asks how a value can be decoded: `(&&DecodeProbe::<T>::new()).decode(&stored)`.
pub struct DecodeProbe<T>(PhantomData<fn() -> T>);

impl<T> DecodeProbe<T> {
    /// A probe for `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only macros make probes")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The way of what can be decoded.
pub trait Decode<T> {
    /// Decodes it.
    ///
    /// # Errors
    /// When the bytes are not what `T` expects.
    fn decode(&self, stored: &Stored) -> Result<T, CodecError>;
}

impl<T: DeserializeOwned> Decode<T> for &DecodeProbe<T> {
    fn decode(&self, stored: &Stored) -> Result<T, CodecError> {
        stored.decode()
    }
}

/// The way of what cannot.
pub trait CannotDecode<T> {
    /// Says so.
    ///
    /// # Errors
    /// Always.
    fn decode(&self, _: &Stored) -> Result<T, CodecError> {
        Err(CodecError::Format(Vec::new()))
    }
}

impl<T> CannotDecode<T> for DecodeProbe<T> {}

impl<T> fmt::Debug for DecodeProbe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecodeProbe")
    }
}
