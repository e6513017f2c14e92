//! An error for those who do not define one of their own.

use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::describe::Describe;
use super::text::Text;
use crate::protocol::failure::StoredError;

/// Takes any error with `?`, and keeps the whole of its chain as text.
///
/// Like `anyhow::Error` it does not implement `std::error::Error` itself, so that it can take
/// every error that does; unlike it, it can be stored, and so crosses a crash or a process.
///
/// ```
/// use scoop_runtime::error::Error;
///
/// fn nights(text: &str) -> Result<u32, Error> {
///     Ok(text.parse()?)
/// }
///
/// assert_eq!(nights("two").unwrap_err().to_string(), "invalid digit found in string");
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Error {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    chain: Text,
}

impl Error {
    /// An error that says this.
    pub fn msg(message: impl fmt::Display) -> Self {
        Self {
            type_name: None,
            chain: Text::new(message.to_string(), std::iter::empty()),
        }
    }

    /// The Rust type of the error that was taken; none where it was made from a message.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        self.type_name.as_deref()
    }

    /// The message and those of its sources, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        self.chain.messages()
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self {
            type_name: Some(std::any::type_name::<E>().to_owned()),
            chain: Text::of(&error),
        }
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(error.chain)
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        Box::new(error.chain)
    }
}

impl Describe for Error {
    /// Under the name of this type: that is what the value decodes to.
    fn describe(&self) -> StoredError {
        let mut messages = self.chain().map(ToOwned::to_owned);
        StoredError {
            type_name: std::any::type_name::<Self>().to_owned(),
            message: messages.next().unwrap_or_default(),
            sources: messages.collect(),
            value: None,
        }
    }

    fn as_std_error(&self) -> &(dyn StdError + 'static) {
        &self.chain
    }
}

/// The message; with `{:#}` the whole chain in one line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chain.fmt(f)
    }
}

/// The whole chain, one line each.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.chain, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the seat map cannot be read")]
    struct SeatMap(#[source] std::num::ParseIntError);

    #[derive(Debug, thiserror::Error)]
    #[error("no seat: {0}")]
    struct NoSeat(#[source] SeatMap);

    fn taken() -> Result<u32, Error> {
        Ok("2b".parse().map_err(SeatMap).map_err(NoSeat)?)
    }

    #[test]
    fn the_whole_chain_is_kept_and_printed() {
        let error = taken().unwrap_err();
        let said = "no seat: the seat map cannot be read";
        assert_eq!(error.to_string(), said);
        let whole = format!("{said}: invalid digit found in string");
        assert_eq!(format!("{error:#}"), whole);
        let lines = format!("{said}\n  because: invalid digit found in string");
        assert_eq!(format!("{error:?}"), lines);
        assert!(
            error
                .type_name()
                .is_some_and(|name| name.ends_with("NoSeat"))
        );
    }

    #[test]
    fn it_is_the_same_after_it_was_stored() {
        for error in [taken().unwrap_err(), Error::msg("no luck")] {
            let json = serde_json::to_string(&error).unwrap();
            let read: Error = serde_json::from_str(&json).unwrap();
            assert_eq!(format!("{read:?}"), format!("{error:?}"));
            assert_eq!(read.type_name(), error.type_name());
        }
    }

    #[test]
    fn others_take_it_with_its_chain() {
        let boxed: Box<dyn StdError> = taken().unwrap_err().into();
        assert_eq!(
            boxed.source().map(ToString::to_string).as_deref(),
            Some("invalid digit found in string")
        );
    }
}
