//! Several sagas and `async` blocks, of which the first to end counts.

use std::fmt;

use super::block::Block;
use super::branch::Branch;
use super::join::several;
use super::{Intent, Operation, Saga, SagaCall, Settled, StoredByAChild, Unsettled};
use crate::protocol::branch::{Others, RACE};
use crate::protocol::description::OperationMeta;

/// Several sagas and `async` blocks, of which the first to end counts; what [`race`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Race<T>(T);

/// Starts several sagas and `async` blocks at once, given as a tuple, and gives what the first of them to
/// end returned, be it an `Err`. `scoop::race!(a, b)` is the same as `scoop::race((a, b)).await`.
///
/// The others lose: what they wait for ends at once, a step that is under way is awaited, unless it is
/// `cancellable`, and then what they did is undone, newest first, with the sagas that they awaited. One
/// that was done all the same is undone, too. All of that is awaited: when the race is over nothing of them goes
/// on. Where a rollback of theirs fails for good the run is stuck, and goes on when an operator has
/// retried, skipped or resolved it. One that is past its pivot cannot be undone: it goes on to its end, and what
/// it did stays. What the winner did is undone when the saga rolls back.
///
/// Steps cannot race: put each into a block, `scoop::race!(async { ask(1).await }, async { ask(2).await })`. For
/// an operation against the clock there is [`timeout`](super::timeout()).
pub const fn race<T>(racers: T) -> Race<T> {
    Race(racers)
}

/// What can race: a call of a saga, or an `async` block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot race in a saga",
    label = "not an `async` block, nor a call of a saga",
    note = "a step races in an `async` block, of which all is undone when it loses: `async {{ step().await }}`",
    note = "so do `scoop::sleep` and `scoop::timeout`, with the value that the race gives then: `async {{ scoop::sleep(..).await; .. }}`",
    note = "for an operation against the clock there is `scoop::timeout(limit, operation)`"
)]
pub trait Racer: Branch<Output = Self::Returned> {
    /// What it returns. Not [`Branch::Output`], so that what cannot race says nothing of what the others return.
    type Returned: Send + 'static;
}

#[diagnostic::do_not_recommend]
impl<S: Saga<Output: Send, Error: StoredByAChild>> Racer for SagaCall<S> {
    type Returned = S::Output;
}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> Racer for Block<T> {
    type Returned = T;
}

/// What can race with each other: a tuple of two to eight sagas and `async` blocks that return the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot race in a saga",
    label = "not a tuple of two to eight `async` blocks and calls of sagas that return the same type"
)]
pub trait Racers: Send + 'static {
    /// What each of them returns.
    type Output: Send + 'static;

    /// What is to be done.
    fn into_intents(self) -> Vec<Intent>;

    /// What the winner returned.
    ///
    /// # Errors
    /// With what ended without a value.
    fn settle(number: usize, winner: Settled) -> Result<Self::Output, Box<Unsettled>>;
}

impl<T: Racers> Operation for Race<T> {
    type Output = T::Output;

    const META: OperationMeta = several(RACE, false);

    fn into_intent(self) -> Intent {
        Intent::Several {
            name: RACE,
            at_once: u32::MAX,
            others: Others::LoseToTheFirst,
            branches: self.0.into_intents(),
        }
    }

    fn settle(settled: Settled) -> Result<T::Output, Box<Unsettled>> {
        let ends = settled.into_ends()?.into_iter().enumerate();
        let (number, winner) = ends
            .min_by_key(|(_, end)| end.order)
            .expect("somebody takes part in each race");
        T::settle(number, winner.settled)
    }
}

impl<T: Racers> Branch for Race<T> {
    type Output = T::Output;

    fn into_intent(self) -> Intent {
        Operation::into_intent(self)
    }

    fn settle(settled: Settled) -> Result<Self::Output, Box<Unsettled>> {
        <Self as Operation>::settle(settled)
    }
}

macro_rules! tuples {
    ($(($($number:literal $racer:ident $value:ident),+))*) => {$(
        impl<Output: Send + 'static, $($racer),+> Racers for ($($racer,)+)
        where
            $($racer: Racer<Returned = Output>),+
        {
            type Output = Output;

            fn into_intents(self) -> Vec<Intent> {
                let ($($value,)+) = self;
                vec![$($value.into_intent()),+]
            }

            fn settle(number: usize, winner: Settled) -> Result<Output, Box<Unsettled>> {
                match number {
                    $($number => $racer::settle(winner),)+
                    _ => unreachable!("it is one of them"),
                }
            }
        }
    )*};
}

tuples! {
    (0 A a, 1 B b)
    (0 A a, 1 B b, 2 C c)
    (0 A a, 1 B b, 2 C c, 3 D d)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 F f)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 F f, 6 G g)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 F f, 6 G g, 7 H h)
}

impl<T> fmt::Debug for Race<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Race")
    }
}
