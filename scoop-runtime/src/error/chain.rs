//! The `source()` chain of a failure: where it failed, hop by hop, then the user's own error.

use std::error::Error as StdError;
use std::fmt;

use super::describe::Describe;
use super::text::Text;
use super::wording;
use crate::protocol::failure::{Hop, StoredFailure};

/// What is behind a failure.
pub(super) enum Cause<E> {
    /// It failed at an await point.
    Hop(Box<Link<E>>),
    /// The error of the user's, as a value.
    Error(E),
    /// An error of which only the text is left.
    Text(Text),
}

/// One hop of a failure.
pub(super) struct Link<E> {
    place: String,
    /// What else is known there; left out where the chain below says it.
    details: Vec<String>,
    /// What became of the compensations.
    undone: Option<String>,
    cause: Cause<E>,
}

impl<E> Cause<E> {
    /// The chain of a failure.
    pub(super) fn of(failure: &StoredFailure, error: Option<E>) -> Self {
        let innermost = error.map_or_else(|| Self::Text(Text::stored(&failure.error)), Self::Error);
        let levels: Vec<&StoredFailure> = failure.levels().collect();
        let levels = levels.into_iter().enumerate().rev();
        levels.fold(innermost, |cause, (index, level)| match &level.hop {
            None => cause,
            Some(hop) => Self::Hop(Box::new(Link {
                place: place(hop, index > 0),
                details: details(level),
                undone: wording::undone(level),
                cause,
            })),
        })
    }

    /// The error of the user's.
    pub(super) fn error(&self) -> Option<&E> {
        match self {
            Self::Hop(link) => link.cause.error(),
            Self::Error(error) => Some(error),
            Self::Text(_) => None,
        }
    }

    /// The error of the user's, by value.
    pub(super) fn into_error(self) -> Result<E, Self> {
        match self {
            Self::Hop(link) => {
                let Link {
                    cause,
                    place,
                    details,
                    undone,
                } = *link;
                cause.into_error().map_err(|cause| {
                    Self::Hop(Box::new(Link {
                        place,
                        details,
                        undone,
                        cause,
                    }))
                })
            }
            Self::Error(error) => Ok(error),
            Self::Text(_) => Err(self),
        }
    }
}

impl<E: Describe> Cause<E> {
    pub(super) fn as_std_error(&self) -> &(dyn StdError + 'static) {
        match self {
            Self::Hop(link) => &**link,
            Self::Error(error) => error.as_std_error(),
            Self::Text(text) => text,
        }
    }
}

fn place(hop: &Hop, is_inner: bool) -> String {
    let saga = if is_inner {
        format!("in saga `{}`: ", hop.saga)
    } else {
        String::new()
    };
    let mut known = Vec::new();
    known.extend(
        hop.point
            .as_ref()
            .map(|point| format!("await point `{point}`")),
    );
    known.extend((hop.attempt > 1).then(|| format!("attempt {}", hop.attempt)));
    known.push(format!("run {}", hop.run));
    format!("{saga}{} ({})", wording::place(hop), known.join(", "))
}

/// The texts that were stored and may not be part of the user's error as a value: the error of the
/// operation, and sources that cannot be decoded.
fn details(failure: &StoredFailure) -> Vec<String> {
    let errors = failure.cause.iter().chain([&failure.error]);
    let texts: Vec<Text> = errors.map(Text::stored).collect();
    texts
        .iter()
        .flat_map(Text::messages)
        .map(ToOwned::to_owned)
        .collect()
}

impl<E: Describe> fmt::Display for Link<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        let mut said: Vec<String> =
            std::iter::successors(Some(self.cause.as_std_error()), |&error| error.source())
                .map(ToString::to_string)
                .collect();
        for detail in &self.details {
            if !said.iter().any(|said| said.contains(detail)) {
                write!(f, ": {detail}")?;
                said.push(detail.clone());
            }
        }
        self.undone
            .iter()
            .try_for_each(|undone| write!(f, "; {undone}"))
    }
}

impl<E: Describe> fmt::Debug for Link<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E: Describe> StdError for Link<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.cause.as_std_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SagaError;
    use crate::protocol::failure::{FailureKind, StoredError};
    use crate::protocol::id::RunId;
    use crate::protocol::timestamp::Timestamp;

    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("declined")]
    struct Declined;

    fn hop(saga: &str, operation: &str, line: u32) -> Hop {
        Hop {
            saga: saga.to_owned(),
            run: RunId::from_uuid(uuid::Uuid::nil()),
            point: Some(operation.to_owned()),
            operation: Some(operation.to_owned()),
            file: "src/lib.rs".to_owned(),
            line,
            attempt: 1,
            at: Timestamp(0),
        }
    }

    /// A saga that awaited a saga, whose step failed.
    fn failure(error: StoredError) -> StoredFailure {
        let below = StoredFailure::new(FailureKind::Error, error.clone(), hop("pay", "charge", 42));
        StoredFailure {
            kind: FailureKind::Error,
            error,
            cause: None,
            hop: Some(hop("order", "pay", 7)),
            below: Some(Box::new(below)),
            doubt: None,
            preceded_by: Vec::new(),
            compensations: Vec::new(),
            resolved: None,
            loser: None,
        }
    }

    fn messages(error: &(dyn StdError + 'static)) -> Vec<String> {
        std::iter::successors(Some(error), |&error| error.source())
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn it_leads_through_every_hop_to_the_error() {
        let mut stored = Declined.describe();
        stored.sources.push("no answer".to_owned());
        let error = SagaError::from_failure(failure(stored), Some(Declined));
        let run = RunId::from_uuid(uuid::Uuid::nil());
        let wanted = [
            "saga `order` failed".to_owned(),
            format!("`pay` failed at src/lib.rs:7 (await point `pay`, run {run})"),
            format!(
                "in saga `pay`: `charge` failed at src/lib.rs:42 (await point `charge`, run {run}): \
                 no answer"
            ),
            "declined".to_owned(),
        ];
        assert_eq!(messages(&error), wanted);
        assert_eq!(error.error(), Some(&Declined));
        assert_eq!(error.into_error().unwrap(), Declined);
    }

    #[test]
    fn without_a_value_the_text_is_the_same() {
        let stored = Declined.describe();
        let value = SagaError::from_failure(failure(stored.clone()), Some(Declined));
        let text: SagaError<Declined> = SagaError::from_failure(failure(stored), None);
        assert_eq!(messages(&text), messages(&value));
        assert!(text.into_error().is_err());
    }
}
