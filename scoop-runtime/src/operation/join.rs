//! Several operations at once, of which the saga awaits all.

use std::fmt;

use super::branch::{Branch, BranchEnd};
use super::{Fallible, Intent, Operation, Settled, Unsettled};
use crate::protocol::branch::{JOIN, Others, TRY_JOIN};
use crate::protocol::description::{OperationKind, OperationMeta};

/// Several operations at once; what [`join`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Join<T>(T);

/// The same, for operations that return a `Result`; what [`try_join`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct TryJoin<T> {
    branches: T,
    others: Others,
}

/// Awaits several operations at once, given as a tuple, until all of them have ended; the tuple of what
/// they return. `scoop::join!(a, b)` is the same as `scoop::join((a, b)).await`. An operation may be an `async`
/// block of the saga's: steps in a row, which go on after a crash where they stood.
///
/// Each of them has its own attempts, its own idempotency key, and its own commit when it ends: after a
/// crash those that have ended do not run again. Where one ends without a value (it panicked, or ran
/// out of time), the others are awaited before the saga rolls back.
pub const fn join<T>(branches: T) -> Join<T> {
    Join(branches)
}

/// Awaits several operations at once that return a `Result` with the same error, given as a tuple,
/// until all of them have ended: the tuple of their values, or the `Err` that was written down
/// first. `scoop::try_join!(a, b)?` is the same as `scoop::try_join((a, b)).await?`.
///
/// Those that succeeded beside one that failed are undone when the saga rolls back, and so are they
/// when it goes on from the error, and fails later. The other failures are told with the first, as
/// those that preceded it.
pub const fn try_join<T>(branches: T) -> TryJoin<T> {
    TryJoin {
        branches,
        others: Others::GoOn,
    }
}

impl<T> TryJoin<T> {
    /// Does not let the others go on for long when one fails: those that wait (for another attempt, or
    /// for their time) end, sagas among them are cancelled, and undo what they did. A step that is
    /// under way is awaited all the same.
    pub const fn cancel_others(mut self) -> Self {
        self.others = Others::AreCancelled;
        self
    }
}

/// Operations that can be awaited at once: a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited at once in a saga",
    label = "not a tuple of two to eight calls of steps and sagas",
    note = "write `scoop::join!(a(), b())`; for more than eight of a kind there is `scoop::map(items, |item| a(item))`"
)]
pub trait Branches: Send + 'static {
    /// What they return.
    type Outputs: Send + 'static;

    /// What is to be done.
    fn into_intents(self) -> Vec<Intent>;

    /// What they returned; or the first that did not.
    ///
    /// # Errors
    /// With that.
    fn settle(ends: Vec<BranchEnd>) -> Result<Self::Outputs, Box<Unsettled>>;
}

/// Operations that can be awaited at once, and return a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited with `try_join!`",
    label = "not a tuple of two to eight calls that return a `Result` with one type of error",
    note = "where one of them cannot fail, or the errors differ: `scoop::join!(..)`, and `?` on what each returned"
)]
pub trait TryBranches: Branches {
    /// The values in `Ok`.
    type Values: Send + 'static;
    /// The error of all of them.
    type Error: Send + 'static;

    /// The values; or what failed first.
    ///
    /// # Errors
    /// With the first of them that has no output at all, if that is what failed first.
    fn try_settle(
        ends: Vec<BranchEnd>,
    ) -> Result<Result<Self::Values, Self::Error>, Box<Unsettled>>;
}

/// What failed first.
fn first_failure(ends: &[BranchEnd]) -> Option<usize> {
    let failed = ends.iter().filter(|end| end.settled.failure().is_some());
    failed.map(|end| end.order).min()
}

impl<T: Branches> Operation for Join<T> {
    type Output = T::Outputs;

    const META: OperationMeta = several(JOIN, false);

    fn into_intent(self) -> Intent {
        Branch::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        T::settle(settled.into_ends()?)
    }
}

impl<T: Branches> Branch for Join<T> {
    type Output = T::Outputs;

    fn into_intent(self) -> Intent {
        all_at_once(JOIN, Others::GoOn, self.0.into_intents())
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        <Self as Operation>::settle(settled)
    }
}

impl<T: TryBranches> Operation for TryJoin<T> {
    type Output = Result<T::Values, T::Error>;

    const META: OperationMeta = several(TRY_JOIN, true);

    fn into_intent(self) -> Intent {
        Branch::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        T::try_settle(settled.into_ends()?)
    }
}

impl<T: TryBranches> Branch for TryJoin<T> {
    type Output = Result<T::Values, T::Error>;

    fn into_intent(self) -> Intent {
        all_at_once(TRY_JOIN, self.others, self.branches.into_intents())
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        <Self as Operation>::settle(settled)
    }
}

/// What the compiler knows of such an operation.
pub(super) const fn several(name: &'static str, fallible: bool) -> OperationMeta {
    OperationMeta {
        name,
        kind: OperationKind::Several,
        fallible,
        rollback: None,
    }
}

fn all_at_once(name: &'static str, others: Others, branches: Vec<Intent>) -> Intent {
    Intent::Several {
        name,
        at_once: u32::MAX,
        others,
        branches,
    }
}

macro_rules! tuples {
    ($(($($branch:ident $value:ident),+))*) => {$(
        impl<$($branch: Branch),+> Branches for ($($branch,)+) {
            type Outputs = ($($branch::Output,)+);

            fn into_intents(self) -> Vec<Intent> {
                let ($($value,)+) = self;
                vec![$($value.into_intent()),+]
            }

            fn settle(ends: Vec<BranchEnd>) -> Result<Self::Outputs, Box<Unsettled>> {
                let mut ends = ends.into_iter();
                $(
                    let end = ends.next().expect("each branch has an end");
                    let $value = ($branch::settle(end.settled), end.order);
                )+
                let mut first: Option<(usize, Box<Unsettled>)> = None;
                $(
                    let $value = match $value {
                        (Ok(output), _) => Some(output),
                        (Err(unsettled), order) => {
                            if first.as_ref().is_none_or(|(earlier, _)| order < *earlier) {
                                first = Some((order, unsettled));
                            }
                            None
                        }
                    };
                )+
                match (first, $($value),+) {
                    (None, $(Some($value)),+) => Ok(($($value,)+)),
                    (Some((_, unsettled)), ..) => Err(unsettled),
                    _ => unreachable!("what has no output is unsettled"),
                }
            }
        }

        impl<Failure: Send + 'static, $($branch),+> TryBranches for ($($branch,)+)
        where
            $($branch: Branch<Output: Fallible<Ok: Send + 'static, Error = Failure>>),+
        {
            type Values = ($(<$branch::Output as Fallible>::Ok,)+);
            type Error = Failure;

            fn try_settle(
                ends: Vec<BranchEnd>,
            ) -> Result<Result<Self::Values, Failure>, Box<Unsettled>> {
                let first = first_failure(&ends);
                let mut ends = ends.into_iter();
                let mut failed = None;
                $(
                    let end = ends.next().expect("each branch has an end");
                    let is_first = first == Some(end.order);
                    let $value = match (end.settled.failure().is_some(), is_first) {
                        // Told with the first one, as one that preceded it.
                        (true, false) => None,
                        _ => match $branch::settle(end.settled)?.into_result() {
                            Ok(value) => Some(value),
                            Err(error) => {
                                failed = Some(error);
                                None
                            }
                        },
                    };
                )+
                match (failed, $($value),+) {
                    (None, $(Some($value)),+) => Ok(Ok(($($value,)+))),
                    (Some(error), ..) => Ok(Err(error)),
                    _ => unreachable!("what failed has an error"),
                }
            }
        }
    )*};
}

tuples! {
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
    (A a, B b, C c, D d, E e, F f, G g)
    (A a, B b, C c, D d, E e, F f, G g, H h)
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Join")
    }
}

impl<T> fmt::Debug for TryJoin<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TryJoin")
    }
}
