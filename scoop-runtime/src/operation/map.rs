//! One operation for each of many items, some of them at once.

use std::fmt;

use super::branch::{Branch, BranchEnd};
use super::join::several;
use super::{Fallible, Intent, Operation, Settled, Unsettled};
use crate::protocol::branch::{JOIN, Others, TRY_JOIN};
use crate::protocol::description::OperationMeta;

/// How many operations are under way at once, where nothing else is said.
const AT_ONCE: u32 = 16;

/// One operation for each item; what [`map`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Map<B> {
    branches: Vec<B>,
    at_once: u32,
}

/// The same, for operations that return a `Result`; what [`try_map`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct TryMap<B> {
    map: Map<B>,
    others: Others,
}

/// Awaits an operation for each of these items, 16 at once (see [`concurrency`](Map::concurrency)), until
/// all of them have ended: what they returned, in the order of the items.
///
/// The closure is called for all items before anything begins; what it returns is stored with the
/// await, and each operation has a commit of its own when it ends: after a crash those that have
/// ended do not run again. All of their arguments together have to be smaller than the limit for
/// what is stored at once ([`Connect::payload_limit`](crate::engine::Connect::payload_limit)).
pub fn map<I, F, B>(items: I, operation: F) -> Map<B>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> B,
{
    Map {
        branches: items.into_iter().map(operation).collect(),
        at_once: AT_ONCE,
    }
}

/// Awaits an operation that returns a `Result` for each of these items, 16 at once: the values, in the
/// order of the items, or the `Err` that was written down first. When one fails no other begins; those
/// under way are awaited.
///
/// Like [`map`] otherwise; what succeeded beside one that failed is undone when the saga rolls back.
pub fn try_map<I, F, B>(items: I, operation: F) -> TryMap<B>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> B,
{
    TryMap {
        map: map(items, operation),
        others: Others::DoNotBegin,
    }
}

impl<B> Map<B> {
    /// How many of them are under way at once, at most.
    ///
    /// # Panics
    /// When that is none.
    pub fn concurrency(mut self, limit: usize) -> Self {
        assert!(limit > 0, "at least one operation has to be under way");
        self.at_once = u32::try_from(limit).unwrap_or(u32::MAX);
        self
    }
}

impl<B> TryMap<B> {
    /// How many of them are under way at once, at most.
    ///
    /// # Panics
    /// When that is none.
    pub fn concurrency(mut self, limit: usize) -> Self {
        self.map = self.map.concurrency(limit);
        self
    }

    /// Does not let those under way go on for long when one fails: those that wait (for another attempt,
    /// or for their time) end, sagas among them are cancelled, and undo what they did. A step
    /// that is under way is awaited all the same.
    pub const fn cancel_others(mut self) -> Self {
        self.others = Others::AreCancelled;
        self
    }
}

impl<B: Branch> Operation for Map<B> {
    type Output = Vec<B::Output>;

    const META: OperationMeta = several(JOIN, false);

    fn into_intent(self) -> Intent {
        self.intent(JOIN, Others::GoOn)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        let mut first: Option<(usize, Box<Unsettled>)> = None;
        let mut outputs = Vec::new();
        for BranchEnd { settled, order } in settled.into_ends()? {
            match B::settle(settled) {
                Ok(output) => outputs.push(output),
                Err(unsettled) => {
                    if first.as_ref().is_none_or(|(earlier, _)| order < *earlier) {
                        first = Some((order, unsettled));
                    }
                }
            }
        }
        first.map_or(Ok(outputs), |(_, unsettled)| Err(unsettled))
    }
}

impl<B> Operation for TryMap<B>
where
    B: Branch<Output: Fallible<Ok: Send + 'static, Error: Send + 'static>>,
{
    type Output = Result<Vec<<B::Output as Fallible>::Ok>, <B::Output as Fallible>::Error>;

    const META: OperationMeta = several(TRY_JOIN, true);

    fn into_intent(self) -> Intent {
        self.map.intent(TRY_JOIN, self.others)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        let mut ends = settled.into_ends()?;
        let failed = ends.iter().enumerate();
        let failed = failed.filter(|(_, end)| end.settled.failure().is_some());
        if let Some((first, _)) = failed.min_by_key(|(_, end)| end.order) {
            let end = ends.swap_remove(first);
            return Ok(Err(match B::settle(end.settled)?.into_result() {
                Err(error) => error,
                Ok(_) => unreachable!("what failed has an error"),
            }));
        }
        let mut values = Vec::with_capacity(ends.len());
        for end in ends {
            match B::settle(end.settled)?.into_result() {
                Ok(value) => values.push(value),
                // Of a `timeout`, whose error is no failure.
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(values))
    }
}

impl<B: Branch> Map<B> {
    fn intent(self, name: &'static str, others: Others) -> Intent {
        Intent::Several {
            name,
            at_once: self.at_once,
            others,
            branches: self.branches.into_iter().map(B::into_intent).collect(),
        }
    }
}

macro_rules! branches {
    ($($several:ident),*) => {$(
        impl<B: Branch> Branch for $several<B>
        where
            Self: Operation,
        {
            type Output = <Self as Operation>::Output;

            fn into_intent(self) -> Intent {
                Operation::into_intent(self)
            }

            fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
                <Self as Operation>::settle(settled)
            }
        }
    )*};
}
branches!(Map, TryMap);

impl<B> fmt::Debug for Map<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("items", &self.branches.len())
            .field("concurrency", &self.at_once)
            .finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for TryMap<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryMap").field(&self.map).finish()
    }
}
