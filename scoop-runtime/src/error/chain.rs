//! The `source()` chain of a failure: the await that failed, its error, and that error's sources.

use std::error::Error as StdError;
use std::fmt;

use crate::protocol::failure::{Hop, StoredError, StoredFailure};

/// One link.
#[derive(Debug)]
pub(super) struct Link {
    message: String,
    source: Option<Box<Self>>,
}

impl Link {
    /// The chain of a failure; no link says what the one before it said.
    pub(super) fn of(failure: &StoredFailure) -> Option<Self> {
        let mut messages: Vec<String> = Vec::new();
        messages.extend(lines(&failure.error));
        messages.extend(failure.hops.iter().filter_map(place));
        messages.extend(failure.cause.iter().flat_map(lines));
        messages.dedup();
        messages.into_iter().rev().fold(None, |source, message| {
            Some(Self {
                message,
                source: source.map(Box::new),
            })
        })
    }
}

fn lines(error: &StoredError) -> Vec<String> {
    let mut lines = vec![error.message.clone()];
    lines.extend(error.sources.iter().cloned());
    lines
}

/// "`charge` failed at src/main.rs:42, attempt 3".
pub(super) fn place(hop: &Hop) -> Option<String> {
    let operation = hop.operation.as_deref()?;
    let attempt = if hop.attempt > 1 {
        format!(", attempt {}", hop.attempt)
    } else {
        String::new()
    };
    Some(format!(
        "`{operation}` failed at {}:{}{attempt}",
        hop.file, hop.line
    ))
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Link {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
