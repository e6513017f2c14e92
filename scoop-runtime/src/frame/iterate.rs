//! `for` loops with an await in their body.
//!
//! An iterator over owned values is saved: a range as it stands (as nothing at its end), anything
//! else as the list of its items, written once, and a position. A loop over a borrow is positioned again by skipping,
//! which a collection must keep its order for.

use std::cell::Cell;
use std::collections::{hash_map, hash_set};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Range, RangeFrom, RangeInclusive};

use super::{Durable, Frame, encode};

/// The two slots of a loop: what it runs over, and how far it is.
#[derive(Clone, Copy, Debug)]
pub struct LoopSlots {
    /// What the loop runs over.
    pub items: &'static str,
    /// How many items it has taken.
    pub taken: &'static str,
}

/// The iterator of a loop over owned values.
pub trait SagaIter: Iterator + Sized {
    /// Takes it from the frame, as it stood when the current item was taken.
    fn load(frame: &mut Frame, slots: LoopSlots) -> Self;

    /// Keeps its position for the next checkpoint.
    fn save(&self, frame: &mut Frame);
}

/// How an iterator becomes a [`SagaIter`]: `(&IterProbe::new(iter)).saga_iter(..)` chooses the best
/// way that its type allows.
pub struct IterProbe<I>(Cell<Option<I>>);

impl<I> IterProbe<I> {
    /// Wraps what stands after `in`.
    pub const fn new(iter: I) -> Self {
        Self(Cell::new(Some(iter)))
    }

    fn take(&self) -> I {
        self.0.take().expect("a probe is asked once")
    }
}

impl<I> fmt::Debug for IterProbe<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IterProbe")
    }
}

/// The way of ranges: they are saved as they stand.
pub trait AsItStands {
    /// The iterator of the loop.
    type Iter;
    /// Makes it.
    fn saga_iter(&self, frame: &mut Frame, slots: LoopSlots) -> Self::Iter;
}

impl<T> AsItStands for &IterProbe<Range<T>>
where
    Range<T>: Iterator + Durable,
{
    type Iter = AsIs<Range<T>>;

    fn saga_iter(&self, _: &mut Frame, slots: LoopSlots) -> Self::Iter {
        AsIs {
            iter: self.take(),
            slots,
        }
    }
}

impl<T> AsItStands for &IterProbe<RangeFrom<T>>
where
    RangeFrom<T>: Iterator + Durable,
{
    type Iter = AsIs<RangeFrom<T>>;

    fn saga_iter(&self, _: &mut Frame, slots: LoopSlots) -> Self::Iter {
        AsIs {
            iter: self.take(),
            slots,
        }
    }
}

impl<T> AsItStands for &IterProbe<RangeInclusive<T>>
where
    RangeInclusive<T>: Iterator + Durable,
    T: PartialOrd + Clone,
{
    type Iter = Inclusive<T>;

    fn saga_iter(&self, _: &mut Frame, slots: LoopSlots) -> Self::Iter {
        Inclusive {
            iter: Some(self.take()),
            slots,
        }
    }
}

/// The way of everything else: the items are collected, and written once.
pub trait Collected<I> {
    /// The iterator of the loop.
    fn saga_iter(&self, frame: &mut Frame, slots: LoopSlots) -> Items<I::Item>
    where
        I: IntoIterator,
        I::Item: Durable;
}

impl<I> Collected<I> for IterProbe<I> {
    fn saga_iter(&self, frame: &mut Frame, slots: LoopSlots) -> Items<I::Item>
    where
        I: IntoIterator,
        I::Item: Durable,
    {
        let items: Vec<I::Item> = self.take().into_iter().collect();
        match encode(slots.items, &items) {
            Ok(json) => frame.keep(slots.items, json),
            Err(why) => frame.broken = Some(why),
        }
        Items {
            iter: items.into_iter(),
            taken: 0,
            slots,
        }
    }
}

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "a saga cannot go on in the middle of a loop over this iterator, whose items are borrowed",
    label = "gives `&{Self}`, and where it stands cannot be saved",
    note = "let it give owned items, which are collected before the first turn: add `.cloned()` or `.map(ToOwned::to_owned)`",
    note = "`&items`, `.iter()`, and `.enumerate()`, `.rev()`, `.skip(1)`, `.take(1)` of it are positioned again for you"
)]
pub trait BorrowedItem {}

impl<'b, I, T: ?Sized + 'b> IterProbe<I>
where
    I: IntoIterator<Item = &'b T>,
{
    /// Chosen for an iterator over borrows.
    pub fn saga_iter(&self, _: &mut Frame, _: LoopSlots) -> Borrowed<&'b T>
    where
        T: BorrowedItem,
    {
        Borrowed(PhantomData)
    }
}

/// What stands for an iterator that is refused, so that it is refused once.
#[derive(Debug)]
pub struct Borrowed<T>(PhantomData<fn() -> T>);

impl<T> Iterator for Borrowed<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        None
    }
}

impl<T> SagaIter for Borrowed<T> {
    fn load(_: &mut Frame, _: LoopSlots) -> Self {
        Self(PhantomData)
    }

    fn save(&self, _: &mut Frame) {}
}

/// A range, saved as it stands.
#[derive(Debug)]
pub struct AsIs<I> {
    iter: I,
    slots: LoopSlots,
}

impl<I: Iterator> Iterator for AsIs<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.iter.next()
    }
}

impl<I: Iterator + Durable> SagaIter for AsIs<I> {
    fn load(frame: &mut Frame, slots: LoopSlots) -> Self {
        Self {
            iter: frame.load(slots.items),
            slots,
        }
    }

    fn save(&self, frame: &mut Frame) {
        frame.save(self.slots.items, &self.iter);
    }
}

/// A range with its end. One that has given its last item looks as if that were still to come, so
/// it is saved as nothing.
#[derive(Debug)]
pub struct Inclusive<T> {
    iter: Option<RangeInclusive<T>>,
    slots: LoopSlots,
}

impl<T> Iterator for Inclusive<T>
where
    RangeInclusive<T>: Iterator<Item = T>,
{
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.iter.as_mut()?.next()
    }
}

impl<T> SagaIter for Inclusive<T>
where
    RangeInclusive<T>: Iterator<Item = T> + Durable,
    T: PartialOrd + Clone,
{
    fn load(frame: &mut Frame, slots: LoopSlots) -> Self {
        Self {
            iter: frame.load(slots.items),
            slots,
        }
    }

    fn save(&self, frame: &mut Frame) {
        let left = self.iter.as_ref().filter(|iter| !iter.is_empty());
        frame.save(self.slots.items, &left.cloned());
    }
}

/// Items collected before the first turn.
#[derive(Debug)]
pub struct Items<T> {
    iter: std::vec::IntoIter<T>,
    taken: usize,
    slots: LoopSlots,
}

impl<T> Iterator for Items<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.taken += 1;
        self.iter.next()
    }
}

impl<T: Durable> SagaIter for Items<T> {
    fn load(frame: &mut Frame, slots: LoopSlots) -> Self {
        let taken: usize = frame.load(slots.taken);
        let items: Vec<T> = frame.load(slots.items);
        let mut iter = items.into_iter();
        if taken > 0 {
            drop(iter.nth(taken - 1));
        }
        Self { iter, taken, slots }
    }

    fn save(&self, frame: &mut Frame) {
        frame.save(self.slots.taken, &self.taken);
    }
}

/// Asks the iterator of a borrowed loop whether a collection of the same content yields its items
/// in the same order in another process.
pub struct OrderProbe<'a, I>(pub &'a I);

/// The answer of everything but hash maps and hash sets.
pub trait KeepsItsOrder {
    /// Does nothing.
    fn keeps_its_order(&self) {}
}

impl<I> KeepsItsOrder for OrderProbe<'_, I> {}

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "a saga cannot go on in the middle of a loop over a `HashMap` or `HashSet`",
    label = "its order is another one in the process that takes over",
    note = "use a `BTreeMap` or `BTreeSet`, or loop over an owned `Vec` of its keys: `for key in map.keys().cloned().collect::<Vec<_>>()`"
)]
pub trait UnstableOrder {}

macro_rules! unstable {
    ($($(#[$doc:meta])* [$($generic:ident),*] $iter:ty;)*) => {$(
        impl<'m, $($generic),*> OrderProbe<'_, $iter> {
            /// Chosen for an iterator without an order of its own.
            pub fn keeps_its_order(&self)
            where
                &'m (): UnstableOrder,
            {
            }
        }
    )*};
}

unstable! {
    [K, V] hash_map::Iter<'m, K, V>;
    [K, V] hash_map::Keys<'m, K, V>;
    [K, V] hash_map::Values<'m, K, V>;
    [K] hash_set::Iter<'m, K>;
}

impl<I> fmt::Debug for OrderProbe<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderProbe")
    }
}
