//! Several sagas, of which the first to end counts.

use std::fmt;

use super::branch::Branch;
use super::join::several;
use super::{Intent, Operation, Saga, SagaCall, Settled, StoredByAChild, Unsettled};
use crate::protocol::branch::{Others, RACE};
use crate::protocol::description::OperationMeta;

/// Several sagas, of which the first to end counts; what [`race`] gives.
#[must_use = "it does nothing until it is awaited inside a `#[saga]`"]
pub struct Race<T>(T);

/// Starts several sagas at once, given as a tuple, and gives what the first of them to end returned.
/// `scoop::race!(a, b)` is the same as `scoop::race((a, b)).await`.
///
/// The others are cancelled, and undo what they did; one that completed all the same is undone, too.
/// All of that is awaited: when the race is over nothing of them goes on. A saga that is past its pivot
/// cannot be undone: it is awaited, and what it did stays.
///
/// Steps cannot race, because one that is under way cannot be called back: make a saga of each. For an
/// operation against the clock there is [`timeout`](super::timeout()).
pub const fn race<T>(racers: T) -> Race<T> {
    Race(racers)
}

/// Sagas that can race: a tuple of two to eight that return the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot race in a saga",
    label = "not a tuple of two to eight calls of sagas that return the same type",
    note = "a step that is under way cannot be called back: make a saga of it, which is undone when it loses",
    note = "for an operation against the clock there is `scoop::timeout(limit, operation)`"
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
        #[diagnostic::do_not_recommend]
        impl<Output: Send + 'static, $($racer),+> Racers for ($(SagaCall<$racer>,)+)
        where
            $($racer: Saga<Output = Output, Error: StoredByAChild>),+
        {
            type Output = Output;

            fn into_intents(self) -> Vec<Intent> {
                let ($($value,)+) = self;
                vec![$($value.into_intent()),+]
            }

            fn settle(number: usize, winner: Settled) -> Result<Output, Box<Unsettled>> {
                match number {
                    $($number => <SagaCall<$racer> as Branch>::settle(winner),)+
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
