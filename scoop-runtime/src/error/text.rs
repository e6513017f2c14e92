//! A chain of errors of which only the text is left.

use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::failure::StoredError;

/// A message, and the text of its source.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Text {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Box<Self>>,
}

impl Text {
    /// A chain of these messages, outermost first. One with which its predecessor ends is left
    /// out: many errors print their source in their own message.
    pub(super) fn new(
        message: impl Into<String>,
        sources: impl DoubleEndedIterator<Item = String>,
    ) -> Self {
        let source = sources.rev().fold(None, |source, message| {
            Some(Box::new(Self::before(message, source)))
        });
        Self::before(message.into(), source)
    }

    /// The whole chain of an error.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Self {
        Self::new(error.to_string(), sources_of(error).into_iter())
    }

    /// The chain of an error that was stored.
    pub(super) fn stored(error: &StoredError) -> Self {
        Self::new(error.message.as_str(), error.sources.iter().cloned())
    }

    /// The messages, outermost first.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self), |text| text.source.as_deref())
            .map(|text| text.message.as_str())
    }

    fn before(message: String, source: Option<Box<Self>>) -> Self {
        match source {
            Some(source) if message.ends_with(&source.message) => Self {
                message,
                source: source.source,
            },
            source => Self { message, source },
        }
    }
}

/// The messages of an error's `source()` chain, outermost first.
pub(super) fn sources_of(error: &(dyn StdError + 'static)) -> Vec<String> {
    std::iter::successors(error.source(), |&source| source.source())
        .map(ToString::to_string)
        .collect()
}

/// The message; with `{:#}` the whole chain in one line.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if f.alternate() {
            let mut sources = self.messages().skip(1);
            sources.try_for_each(|source| write!(f, ": {source}"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut sources = self.messages().skip(1);
        sources.try_for_each(|source| write!(f, "\n  because: {source}"))
    }
}

impl StdError for Text {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
