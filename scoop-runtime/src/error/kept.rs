//! A `SagaError` as it is stored: with a saga that caught one, or on its way to somebody else.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::saga_error::{Inner, SagaError};
use super::text::Text;
use super::wording::Ending;
use crate::protocol::failure::{StoredError, StoredFailure};

/// The stored form. The error of the user's is the `value` in the failure.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept<'a> {
    Failed(Cow<'a, StoredFailure>),
    Stuck(Cow<'a, StoredFailure>),
    Caught(Cow<'a, StoredFailure>),
    Trouble(Text),
}

/// The failure inside an error that is itself a stored `SagaError`.
pub(super) fn failure_in(error: &StoredError) -> Option<StoredFailure> {
    let own = std::any::type_name::<SagaError<()>>().strip_suffix("<()>")?;
    if !error.type_name.starts_with(own) {
        return None;
    }
    match serde_json::from_str(error.value.as_ref()?.get()).ok()? {
        Kept::Failed(failure) | Kept::Stuck(failure) | Kept::Caught(failure) => {
            Some(failure.into_owned())
        }
        Kept::Trouble(_) => None,
    }
}

impl<E: Serialize> Serialize for SagaError<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = match &*self.inner {
            Inner::Trouble(trouble) => Kept::Trouble(Text::of(&**trouble)),
            Inner::Failed {
                failure, ending, ..
            } => {
                let mut failure = Cow::Borrowed(failure);
                if let (None, Some(error)) = (&failure.error.value, self.error()) {
                    let value = serde_json::value::to_raw_value(error);
                    failure.to_mut().error.value = Some(value.map_err(serde::ser::Error::custom)?);
                }
                match ending {
                    Ending::Over => Kept::Failed(failure),
                    Ending::Stuck => Kept::Stuck(failure),
                    Ending::Caught => Kept::Caught(failure),
                }
            }
        };
        kept.serialize(serializer)
    }
}

impl<'de, E: DeserializeOwned> Deserialize<'de> for SagaError<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (failure, ending) = match Kept::deserialize(deserializer)? {
            Kept::Trouble(text) => return Ok(Self::from_trouble(text)),
            Kept::Failed(failure) => (failure, Ending::Over),
            Kept::Stuck(failure) => (failure, Ending::Stuck),
            Kept::Caught(failure) => (failure, Ending::Caught),
        };
        let value = failure.error.value.as_ref();
        let error = value
            .map(|value| serde_json::from_str(value.get()))
            .transpose();
        let error = error.map_err(serde::de::Error::custom)?;
        Ok(Self::new(failure.into_owned(), ending, error))
    }
}
