//! Which values can be stored with a saga, and how they are written and read.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::value::RawValue;

use super::again;
use crate::codec::{CodecError, Stored};
use crate::error::Describe;

/// A value that can be stored: an argument, or what a step or a saga returns.
///
/// Implemented for everything that is `Serialize + DeserializeOwned`. That it is `Send`, too, is asked
/// for by [`Step`](super::Step) and by the future that has it: one mistake is told once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored with a saga",
    label = "the arguments and results of steps and sagas are stored, so that another process can go on",
    note = "if `{Self}` is your own type: add `#[derive(serde::Serialize, serde::Deserialize)]`",
    note = "if it is a client, a connection or the like: take it as `Resource<{Self}>`, which is provided at start-up and not stored"
)]
pub trait Storable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

/// How values of one type are written and read.
///
/// Only [`codec`] asks for [`Storable`]: a type that is not is reported once, there.
pub struct Codec<T> {
    write: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
    write_slice: fn(&[T], &mut Vec<u8>) -> serde_json::Result<()>,
    read: fn(&str) -> serde_json::Result<T>,
    read_vec: fn(&str) -> serde_json::Result<Vec<T>>,
}

/// The codec of `T`.
#[must_use]
pub const fn codec<T: Storable>() -> Codec<T> {
    Codec {
        write: |value, json| serde_json::to_writer(json, value),
        write_slice: |values, json| serde_json::to_writer(json, values),
        read: |json| serde_json::from_str(json),
        read_vec: |json| serde_json::from_str(json),
    }
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

impl<T> Codec<T> {
    /// Encodes a value.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn encode(&self, value: &T) -> Result<Stored, CodecError> {
        let mut json = Vec::new();
        (self.write)(value, &mut json).map_err(CodecError::Encode)?;
        into_stored(json)
    }

    /// Decodes a value.
    ///
    /// # Errors
    /// When it is not what `T` expects.
    pub fn decode(&self, stored: &Stored) -> Result<T, CodecError> {
        (self.read)(stored.json()?).map_err(CodecError::Decode)
    }

    /// Writes a value.
    pub(crate) fn write(&self, value: &T) -> serde_json::Result<String> {
        let mut json = Vec::new();
        (self.write)(value, &mut json)?;
        String::from_utf8(json).map_err(serde::ser::Error::custom)
    }

    /// Reads a value.
    pub(crate) fn read(&self, json: &str) -> serde_json::Result<T> {
        (self.read)(json)
    }

    /// Adds a value to the arguments of a call.
    pub fn push(&self, arguments: &mut Arguments, value: &T) {
        arguments.push(|json| (self.write)(value, json));
    }

    /// Adds a list of values to the arguments of a call, as one argument.
    pub fn push_slice(&self, arguments: &mut Arguments, values: &[T]) {
        arguments.push(|json| (self.write_slice)(values, json));
    }

    /// Takes the next stored argument.
    ///
    /// # Errors
    /// When it is not what `T` expects.
    pub fn take(&self, arguments: &mut StoredArguments) -> Result<T, CodecError> {
        let value = (self.read)(arguments.next()?.get()).map_err(CodecError::Decode)?;
        again::note(|arguments| self.push(arguments, &value));
        Ok(value)
    }

    /// Takes the next stored argument, a list of values.
    ///
    /// # Errors
    /// When it is not what `T` expects.
    pub fn take_vec(&self, arguments: &mut StoredArguments) -> Result<Vec<T>, CodecError> {
        let values = (self.read_vec)(arguments.next()?.get()).map_err(CodecError::Decode)?;
        again::note(|arguments| self.push_slice(arguments, &values));
        Ok(values)
    }
}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Codec<{}>", std::any::type_name::<T>())
    }
}

/// The arguments of a call, being written as an array.
#[derive(Debug, Default)]
pub struct Arguments {
    json: Vec<u8>,
    error: Option<serde_json::Error>,
}

impl Arguments {
    /// No arguments yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn push_text(&mut self, text: &str) {
        self.push(|json| serde_json::to_writer(json, text));
    }

    /// Adds a value of any type.
    pub(super) fn push_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.push(|json| serde_json::to_writer(json, value));
    }

    /// The array.
    ///
    /// # Errors
    /// When one of the arguments cannot be written as JSON.
    pub fn finish(mut self) -> Result<Stored, CodecError> {
        if let Some(error) = self.error {
            return Err(CodecError::Encode(error));
        }
        if self.json.is_empty() {
            self.json.push(b'[');
        }
        self.json.push(b']');
        into_stored(self.json)
    }

    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>) {
        self.json
            .push(if self.json.is_empty() { b'[' } else { b',' });
        if let Err(error) = write(&mut self.json) {
            self.error.get_or_insert(error);
        }
    }
}

/// Stored arguments, being read.
#[derive(Debug)]
pub struct StoredArguments(std::vec::IntoIter<Box<RawValue>>);

impl StoredArguments {
    /// Opens an array of `count` arguments.
    ///
    /// # Errors
    /// When it is no array, or has another length.
    pub fn open(arguments: &Stored, count: usize) -> Result<Self, CodecError> {
        let values: Vec<Box<RawValue>> = arguments.decode()?;
        if values.len() == count {
            Ok(Self(values.into_iter()))
        } else {
            let expected = format!("{count} arguments");
            let error = serde_json::Error::invalid_length(values.len(), &expected.as_str());
            Err(CodecError::Decode(error))
        }
    }

    fn next(&mut self) -> Result<Box<RawValue>, CodecError> {
        let missing = || CodecError::Decode(serde_json::Error::custom("an argument is missing"));
        self.0.next().ok_or_else(missing)
    }
}

fn into_stored(json: Vec<u8>) -> Result<Stored, CodecError> {
    let json = String::from_utf8(json)
        .map_err(|error| CodecError::Encode(serde::ser::Error::custom(error)))?;
    Ok(Stored::from_json(&json))
}

/// Refuses, where it is named, an error type that is none.
pub const fn is_an_error<E: Describe>() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(fill: impl FnOnce(&mut Arguments)) -> String {
        let mut arguments = Arguments::new();
        fill(&mut arguments);
        arguments.finish().unwrap().json().unwrap().to_owned()
    }

    #[test]
    fn arguments_are_an_array_whatever_their_number() {
        assert_eq!(arguments(|_| ()), "[]");
        assert_eq!(arguments(|a| codec::<u32>().push(a, &1)), "[1]");
        let both = arguments(|a| {
            a.push_text("x");
            codec::<u32>().push_slice(a, &[1, 2]);
        });
        assert_eq!(both, r#"["x",[1,2]]"#);
    }

    #[test]
    fn another_number_of_arguments_cannot_be_decoded() {
        let error = StoredArguments::open(&Stored::from_json("[1,2]"), 3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot be decoded: invalid length 2, expected 3 arguments"
        );
    }
}
