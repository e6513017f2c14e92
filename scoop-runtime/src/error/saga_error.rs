//! The error of a saga as its caller gets it.

use std::error::Error as StdError;
use std::fmt;

use serde::de::DeserializeOwned;

use super::chain::Link;
use super::describe::Describe;
use super::report;
use crate::protocol::failure::{
    Compensation, CompensationResult, Earlier, FailureKind, Hop, StoredError, StoredFailure,
};

/// Why a saga did not return a value.
///
/// Either the saga failed, and has been undone or is stuck on the way; then [`error`](Self::error)
/// is the error that it returned, and the `source()` chain says where that came from. Or there was
/// trouble with the store or the runtime ([`is_infrastructure`](Self::is_infrastructure)), and
/// nothing is said about the saga. `{:?}` prints a report for people.
pub struct SagaError<E> {
    inner: Box<Inner<E>>,
}

#[expect(clippy::large_enum_variant, reason = "it is always in a box")]
enum Inner<E> {
    Failed {
        failure: StoredFailure,
        error: Option<E>,
        chain: Option<Link>,
    },
    Trouble(Box<dyn StdError + Send + Sync>),
}

impl<E> SagaError<E> {
    /// Wraps the failure of a run, with the error it returned where that could be decoded.
    #[must_use]
    pub fn from_failure(failure: StoredFailure, error: Option<E>) -> Self {
        let chain = Link::of(&failure);
        Self {
            inner: Box::new(Inner::Failed {
                failure,
                error,
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

    /// Wraps the error of one operation, for `caught`.
    pub(crate) fn from_operation(error: E) -> Self
    where
        E: Describe,
    {
        let failure = StoredFailure {
            kind: FailureKind::Error,
            error: error.describe(),
            cause: None,
            hops: Vec::new(),
            doubt: None,
            preceded_by: Vec::new(),
            compensations: Vec::new(),
        };
        Self::from_failure(failure, Some(error))
    }

    /// The error that the saga returned; none when it panicked, ran out of time, or there was
    /// trouble.
    #[must_use]
    pub fn error(&self) -> Option<&E> {
        match &*self.inner {
            Inner::Failed { error, .. } => error.as_ref(),
            Inner::Trouble(_) => None,
        }
    }

    /// The error that the saga returned, by value.
    ///
    /// # Errors
    /// With itself, when there is none.
    pub fn into_error(self) -> Result<E, Self> {
        match *self.inner {
            Inner::Failed {
                error: Some(error), ..
            } => Ok(error),
            other => Err(Self {
                inner: Box::new(other),
            }),
        }
    }

    /// The first error of type `T` among those that led here: what the saga returned, what the
    /// failed step returned, failures before, compensations that failed. By the name of its type,
    /// so it works after a crash, too.
    #[must_use]
    pub fn find<T: DeserializeOwned + 'static>(&self) -> Option<T> {
        let wanted = std::any::type_name::<T>();
        self.stored_errors()
            .into_iter()
            .filter(|error| error.type_name == wanted)
            .find_map(|error| serde_json::from_str(error.value.as_ref()?.get()).ok())
    }

    fn stored_errors(&self) -> Vec<&StoredError> {
        let Some(failure) = self.failure() else {
            return Vec::new();
        };
        let mut all = vec![&failure.error];
        all.extend(&failure.cause);
        all.extend(failure.preceded_by.iter().map(|earlier| &earlier.error));
        all.extend(failure.compensations.iter().filter_map(
            |compensation| match &compensation.result {
                CompensationResult::Failed { error, .. } => Some(error),
                _ => None,
            },
        ));
        all
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
    pub fn hops(&self) -> &[Hop] {
        self.failure().map_or(&[], |failure| &failure.hops)
    }

    /// What became of each compensation, in the order in which they ran.
    #[must_use]
    pub fn compensations(&self) -> &[Compensation] {
        self.failure().map_or(&[], |failure| &failure.compensations)
    }

    /// Failures before this one that the saga went on from.
    #[must_use]
    pub fn preceded_by(&self) -> &[Earlier] {
        self.failure().map_or(&[], |failure| &failure.preceded_by)
    }

    /// Whether a compensation failed for good, so that an operator has to look at the run.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let failed = |compensation: &Compensation| {
            matches!(compensation.result, CompensationResult::Failed { .. })
        };
        self.compensations().iter().any(failed)
    }

    /// Whether this says nothing about the saga: the store or the runtime was the trouble.
    #[must_use]
    pub fn is_infrastructure(&self) -> bool {
        matches!(&*self.inner, Inner::Trouble(_))
    }
}

impl<E> fmt::Display for SagaError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.inner {
            Inner::Trouble(trouble) => trouble.fmt(f),
            Inner::Failed { failure, .. } => {
                f.write_str(&report::headline(failure, self.is_stuck()))
            }
        }
    }
}

impl<E> fmt::Debug for SagaError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.inner {
            Inner::Trouble(trouble) => report::trouble(f, &**trouble),
            Inner::Failed { failure, .. } => report::failure(f, failure, self.is_stuck()),
        }
    }
}

impl<E> StdError for SagaError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.inner {
            Inner::Trouble(trouble) => trouble.source(),
            Inner::Failed { chain, .. } => chain.as_ref().map(|link| link as _),
        }
    }
}
