//! The error of a saga as its caller gets it.

use std::error::Error as StdError;
use std::fmt;

use serde::de::DeserializeOwned;

use super::chain::Cause;
use super::describe::Describe;
use super::text::Text;
use super::wording::{self, Ending};
use super::{kept, report};
use crate::protocol::failure::{
    Compensation, Earlier, FailureKind, Hop, StoredError, StoredFailure,
};

/// Why a saga did not return a value.
///
/// Either the saga failed, and has been undone or is stuck on the way; then [`error`](Self::error)
/// is the error that it returned, and the `source()` chain leads by way of the place where it
/// failed to that same error, to be found with `downcast_ref`. Or there was trouble with the store
/// or the runtime ([`is_infrastructure`](Self::is_infrastructure)), and nothing is said about the
/// saga. `{:?}` prints a report for people, and `{:#}` the chain in one line.
///
/// It can be stored where `E` can, and so be a local of a saga that [`caught`](crate::operation::caught)
/// it. It is written as JSON; in an internally tagged or untagged enum it cannot be read back.
pub struct SagaError<E> {
    pub(super) inner: Box<Inner<E>>,
}

#[expect(clippy::large_enum_variant, reason = "it is always in a box")]
pub(super) enum Inner<E> {
    Failed {
        failure: StoredFailure,
        ending: Ending,
        chain: Cause<E>,
    },
    Trouble(Box<dyn StdError + Send + Sync>),
}

impl<E> SagaError<E> {
    /// Wraps the failure of a run, with the error it returned where that could be decoded.
    #[must_use]
    pub fn from_failure(failure: StoredFailure, error: Option<E>) -> Self {
        Self::new(failure, Ending::Over, error)
    }

    pub(crate) fn from_run(failure: StoredFailure, error: Option<E>, stuck: bool) -> Self {
        let ending = if stuck { Ending::Stuck } else { Ending::Over };
        Self::new(failure, ending, error)
    }

    /// Wraps the failure of one operation, which the saga goes on from.
    pub(crate) fn from_caught(failure: StoredFailure, error: Option<E>) -> Self {
        Self::new(failure, Ending::Caught, error)
    }

    /// The same, where nothing but the error is known.
    pub(crate) fn from_error(error: E) -> Self
    where
        E: Describe,
    {
        let failure = StoredFailure {
            kind: FailureKind::Error,
            error: error.describe(),
            cause: None,
            hop: None,
            below: None,
            doubt: None,
            preceded_by: Vec::new(),
            compensations: Vec::new(),
            resolved: None,
            loser: None,
        };
        Self::from_caught(failure, Some(error))
    }

    pub(super) fn new(failure: StoredFailure, ending: Ending, error: Option<E>) -> Self {
        let chain = Cause::of(&failure, error);
        Self {
            inner: Box::new(Inner::Failed {
                failure,
                ending,
                chain,
            }),
        }
    }

    /// Wraps trouble that is not the saga's own.
    pub fn from_trouble(trouble: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            inner: Box::new(Inner::Trouble(trouble.into())),
        }
    }

    /// The error that the saga returned; none when it panicked, ran out of time, or there was
    /// trouble, and where its type cannot be stored.
    #[must_use]
    pub fn error(&self) -> Option<&E> {
        match &*self.inner {
            Inner::Failed { chain, .. } => chain.error(),
            Inner::Trouble(_) => None,
        }
    }

    /// The error that the saga returned, by value.
    ///
    /// # Errors
    /// With itself, when there is none.
    pub fn into_error(self) -> Result<E, Self> {
        let inner = match *self.inner {
            Inner::Failed {
                failure,
                ending,
                chain,
            } => match chain.into_error() {
                Ok(error) => return Ok(error),
                Err(chain) => Inner::Failed {
                    failure,
                    ending,
                    chain,
                },
            },
            trouble @ Inner::Trouble(_) => trouble,
        };
        Err(Self {
            inner: Box::new(inner),
        })
    }

    /// The first error of type `T` among those that led here: what the saga returned, what the
    /// failed step returned, failures before, and the same of the saga below that failed. By the name of its type, so it works after a crash,
    /// too. Errors of compensations are kept as text, and are not among them.
    #[must_use]
    pub fn find<T: DeserializeOwned + 'static>(&self) -> Option<T> {
        self.failure().and_then(find)
    }

    fn failure(&self) -> Option<&StoredFailure> {
        match &*self.inner {
            Inner::Failed { failure, .. } => Some(failure),
            Inner::Trouble(_) => None,
        }
    }

    /// What kind of failure it was; none for trouble.
    #[must_use]
    pub fn kind(&self) -> Option<FailureKind> {
        self.failure().map(|failure| failure.kind)
    }

    /// Where it failed: saga, run, await point, file and line, attempt, time; the innermost last.
    #[must_use]
    pub fn hops(&self) -> Vec<&Hop> {
        let levels = self.failure().into_iter().flat_map(StoredFailure::levels);
        levels.filter_map(|level| level.hop.as_ref()).collect()
    }

    /// What became of each compensation of this saga, in the order in which they ran.
    #[must_use]
    pub fn compensations(&self) -> &[Compensation] {
        self.failure().map_or(&[], |failure| &failure.compensations)
    }

    /// Failures before this one that the saga went on from.
    #[must_use]
    pub fn preceded_by(&self) -> &[Earlier] {
        self.failure().map_or(&[], |failure| &failure.preceded_by)
    }

    /// Whether the run is stuck, so that an operator has to look at it: a compensation failed for
    /// good, or the saga failed past its pivot.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        matches!(&*self.inner, Inner::Failed { ending, .. } if *ending == Ending::Stuck)
    }

    /// Whether this says nothing about the saga: the store or the runtime was the trouble.
    #[must_use]
    pub fn is_infrastructure(&self) -> bool {
        matches!(&*self.inner, Inner::Trouble(_))
    }
}

/// What happened, in a few words; with `{:#}` also why, in one line.
impl<E> fmt::Display for SagaError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.inner {
            Inner::Trouble(trouble) if f.alternate() => write!(f, "{:#}", Text::of(&**trouble)),
            Inner::Trouble(trouble) => trouble.fmt(f),
            Inner::Failed {
                failure, ending, ..
            } => {
                f.write_str(&wording::headline(failure, *ending))?;
                if f.alternate() {
                    write!(f, ": {:#}", Text::stored(&failure.error))?;
                }
                Ok(())
            }
        }
    }
}

/// A report for people.
impl<E> fmt::Debug for SagaError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.inner {
            Inner::Trouble(trouble) => report::trouble(f, &**trouble),
            Inner::Failed {
                failure, ending, ..
            } => report::failure(f, failure, *ending),
        }
    }
}

impl<E: Describe> StdError for SagaError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.inner {
            Inner::Trouble(trouble) => trouble.source(),
            Inner::Failed { chain, .. } => Some(chain.as_std_error()),
        }
    }
}

/// The first error of this type in a failure, and in those that were caught and became errors.
fn find<T: DeserializeOwned + 'static>(failure: &StoredFailure) -> Option<T> {
    let wanted = std::any::type_name::<T>();
    stored_errors(failure).find_map(|error| {
        let json = error.value.as_ref()?.get();
        if error.type_name == wanted {
            return serde_json::from_str(json).ok();
        }
        find(&kept::failure_in(error)?)
    })
}

fn stored_errors(failure: &StoredFailure) -> impl Iterator<Item = &StoredError> {
    failure.levels().flat_map(|level| {
        let earlier = level.preceded_by.iter().map(|earlier| &earlier.error);
        std::iter::once(&level.error)
            .chain(&level.cause)
            .chain(earlier)
    })
}
