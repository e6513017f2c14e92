//! Arguments and results on their way into and out of the store.
//!
//! Each is encoded through a probe that chooses the way its type allows. A type that cannot be
//! stored still compiles here, so that the one mistake is told once, at the user's own type, by
//! [`storable`](super::storable).

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::codec::{CodecError, Stored};

/// A list of arguments as it is stored: a JSON array.
#[derive(Debug)]
pub struct Arguments(Result<Vec<Box<RawValue>>, CodecError>);

impl Default for Arguments {
    fn default() -> Self {
        Self(Ok(Vec::new()))
    }
}

impl Arguments {
    /// Adds an encoded argument.
    #[must_use]
    pub fn with(self, argument: Result<Stored, CodecError>) -> Self {
        Self(self.0.and_then(|mut all| {
            let json = argument?.json()?.to_owned();
            all.push(RawValue::from_string(json).map_err(CodecError::Encode)?);
            Ok(all)
        }))
    }

    /// The list, encoded.
    ///
    /// # Errors
    /// When one of the arguments could not be encoded.
    pub fn encode(self) -> Result<Stored, CodecError> {
        self.0.and_then(|all| Stored::encode(&all))
    }

    /// A stored list of exactly `count` arguments, each still encoded.
    ///
    /// # Errors
    /// When it is something else.
    pub fn decode<const COUNT: usize>(stored: &Stored) -> Result<[Stored; COUNT], CodecError> {
        let all: Vec<Box<RawValue>> = stored.decode()?;
        let found = all.len();
        let all: Vec<Stored> = all.iter().map(|raw| Stored::from_json(raw.get())).collect();
        all.try_into().map_err(|_| {
            use serde::de::Error as _;
            let message = format_args!("expected {COUNT} arguments, found {found}");
            CodecError::Decode(serde_json::Error::custom(message))
        })
    }
}

/// Asks how a value can be encoded: `(&&EncodeProbe(&value)).encode()`.
pub struct EncodeProbe<'a, T: ?Sized>(pub &'a T);

/// The way of what can be encoded.
pub trait Encode {
    /// Encodes it.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    fn encode(&self) -> Result<Stored, CodecError>;
}

impl<T: Serialize + ?Sized> Encode for &EncodeProbe<'_, T> {
    fn encode(&self) -> Result<Stored, CodecError> {
        Stored::encode(self.0)
    }
}

/// The way of what cannot: only to let the compiler go on to the message that helps.
pub trait CannotEncode {
    /// Says so.
    ///
    /// # Errors
    /// Always.
    fn encode(&self) -> Result<Stored, CodecError> {
        Err(CodecError::Format(Vec::new()))
    }
}

impl<T: ?Sized> CannotEncode for EncodeProbe<'_, T> {}

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

impl<T: ?Sized> fmt::Debug for EncodeProbe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodeProbe")
    }
}

impl<T> fmt::Debug for DecodeProbe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecodeProbe")
    }
}
