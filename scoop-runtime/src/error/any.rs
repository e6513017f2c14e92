//! An error for those who do not define one of their own.

use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::describe::{Describe, sources_of};
use crate::protocol::failure::StoredError;

/// Takes any error with `?`, and keeps the whole of its chain as text.
///
/// Like `anyhow::Error` it does not implement `std::error::Error` itself; unlike it, it can be
/// stored.
#[derive(Clone, Serialize, Deserialize)]
pub struct Error {
    type_name: String,
    chain: Text,
}

/// A text, and the text of its source.
#[derive(Clone, Serialize, Deserialize)]
struct Text {
    message: String,
    source: Option<Box<Self>>,
}

impl Error {
    /// An error that says this.
    pub fn msg(message: impl fmt::Display) -> Self {
        let chain = Text {
            message: message.to_string(),
            source: None,
        };
        Self {
            type_name: std::any::type_name::<Self>().to_owned(),
            chain,
        }
    }

    fn messages(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(&self.chain), |text| text.source.as_deref())
            .map(|text| text.message.as_str())
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let source = sources_of(&error)
            .into_iter()
            .rev()
            .fold(None, |source, message| {
                Some(Box::new(Text { message, source }))
            });
        let chain = Text {
            message: error.to_string(),
            source,
        };
        Self {
            type_name: std::any::type_name::<E>().to_owned(),
            chain,
        }
    }
}

impl Describe for Error {
    fn describe(&self) -> StoredError {
        let mut messages = self.messages().map(ToOwned::to_owned);
        StoredError {
            type_name: self.type_name.clone(),
            message: messages.next().unwrap_or_default(),
            sources: messages.collect(),
            value: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut messages = self.messages();
        f.write_str(messages.next().unwrap_or_default())?;
        messages.try_for_each(|message| write!(f, "\n  because: {message}"))
    }
}
