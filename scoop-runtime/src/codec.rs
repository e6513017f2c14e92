//! How values become bytes: one format byte, one codec byte, then the payload.
//!
//! The format byte is the version of this envelope; the codec byte says how the payload is
//! written. JSON is the only codec so far; compression and encryption come through the same seam.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

const FORMAT: u8 = 1;
const JSON: u8 = b'J';

/// An encoded value: what is stored in the database.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Stored(Vec<u8>);

/// Why a value could not be encoded or decoded.
#[derive(thiserror::Error)]
pub enum CodecError {
    /// The value cannot be written as JSON.
    #[error("cannot be encoded: {0}")]
    Encode(#[source] serde_json::Error),
    /// The bytes are not what the type expects.
    #[error("cannot be decoded: {0}")]
    Decode(#[source] serde_json::Error),
    /// The bytes were written by a newer program, or are damaged.
    #[error("has an unknown format (bytes {0:02x?})")]
    Format(Vec<u8>),
}

/// As `main` prints it: what it says.
impl fmt::Debug for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Stored {
    /// Encodes a value.
    ///
    /// # Errors
    /// When the value cannot be written as JSON (a map whose keys are not text, for instance).
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, CodecError> {
        let mut bytes = vec![FORMAT, JSON];
        serde_json::to_writer(&mut bytes, value).map_err(CodecError::Encode)?;
        Ok(Self(bytes))
    }

    /// Decodes a value.
    ///
    /// # Errors
    /// When the bytes have another format, or are not what `T` expects.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, CodecError> {
        serde_json::from_str(self.json()?).map_err(CodecError::Decode)
    }

    /// The JSON text inside.
    ///
    /// # Errors
    /// When the bytes have another format.
    pub fn json(&self) -> Result<&str, CodecError> {
        match self.0.as_slice() {
            [FORMAT, JSON, json @ ..] => {
                std::str::from_utf8(json).map_err(|_| self.unknown_format())
            }
            _ => Err(self.unknown_format()),
        }
    }

    /// Wraps JSON text that is known to be valid.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        let mut bytes = Vec::with_capacity(json.len() + 2);
        bytes.extend_from_slice(&[FORMAT, JSON]);
        bytes.extend_from_slice(json.as_bytes());
        Self(bytes)
    }

    /// Wraps bytes read from a store, unchecked.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all (never true of an encoded value).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether both hold the same value, whatever the order of the keys in their objects.
    #[must_use]
    pub fn same_value(&self, other: &Self) -> bool {
        self == other
            || match (
                self.decode::<serde_json::Value>(),
                other.decode::<serde_json::Value>(),
            ) {
                (Ok(a), Ok(b)) => a == b,
                _ => false,
            }
    }

    fn unknown_format(&self) -> CodecError {
        CodecError::Format(self.0.iter().copied().take(2).collect())
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.json() {
            Ok(json) => f.write_str(json),
            Err(_) => write!(f, "{:02x?}", self.0),
        }
    }
}
