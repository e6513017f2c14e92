//! What the plain life of a program does instead of the engine: keeps what is to be undone, naps without
//! waiting, and ends what loses.
//!
//! One program runs at a time, in one thread, and nothing in it waits but naps. So a racer is polled once,
//! and has ended or come to its rest then.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::Poll;

use super::record;

/// What happened and was not undone yet, oldest first.
pub enum Done {
    Step(i64, i64),
    Pivot,
}

thread_local! {
    static PLAN: RefCell<Vec<Done>> = const { RefCell::new(Vec::new()) };
}

pub fn plan(done: Done) {
    PLAN.with_borrow_mut(|plan| plan.push(done));
}

/// Forgets all that happened, at the end of a program; undoes it first where that failed.
pub fn end(has_failed: bool) {
    if has_failed {
        undo(0);
    }
    PLAN.with_borrow_mut(Vec::clear);
}

fn planned() -> usize {
    PLAN.with_borrow(Vec::len)
}

/// Undoes what happened since there were so many, newest first.
fn undo(from: usize) {
    for done in PLAN.with_borrow_mut(|plan| plan.split_off(from)).into_iter().rev() {
        match done {
            Done::Step(key, value) => record("undo ", key, value),
            Done::Pivot => panic!("what is past its pivot is not undone"),
        }
    }
}

fn is_past_pivot(from: usize) -> bool {
    PLAN.with_borrow(|plan| plan[from..].iter().any(|done| matches!(done, Done::Pivot)))
}

/// How long somebody naps.
#[derive(Clone, Copy)]
pub enum Nap {
    Short,
    /// Until a race is decided.
    Late,
    ForEver,
}

pub fn nap(level: u32) -> Nap {
    if level < 9 { Nap::Short } else { Nap::ForEver }
}

pub fn late(_: u32) -> Nap {
    Nap::Late
}

pub async fn sleep(nap: Nap) {
    let mut polls = 0;
    let sleep = std::future::poll_fn(|_| {
        polls += 1;
        match nap {
            Nap::Short => Poll::Ready(()),
            Nap::Late if polls > 1 => Poll::Ready(()),
            Nap::Late | Nap::ForEver => Poll::Pending,
        }
    });
    sleep.await;
}

type Racer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// `Err` where it was ended and undone.
async fn decided<T>(mut racer: Racer<'_, T>) -> Decided<T> {
    let from = planned();
    match std::future::poll_fn(|cx| Poll::Ready(racer.as_mut().poll(cx))).await {
        Poll::Ready(value) => Decided::First(value),
        Poll::Pending if is_past_pivot(from) => Decided::Late(racer.await),
        Poll::Pending => {
            undo(from);
            Decided::Undone
        }
    }
}

enum Decided<T> {
    First(T),
    Late(T),
    Undone,
}

/// What the one that ends gives.
async fn race<T: Send>(racers: Vec<Racer<'_, T>>) -> T {
    let mut first = None;
    for racer in racers {
        if let Decided::First(value) = decided(racer).await {
            assert!(first.replace(value).is_none(), "one of them wins");
        }
    }
    first.expect("one of them wins")
}

// Generic, not boxed by the macro: so the compiler knows the type of what they give.
pub async fn two<T: Send>(
    one: impl Future<Output = T> + Send,
    two: impl Future<Output = T> + Send,
) -> T {
    race(vec![Box::pin(one), Box::pin(two)]).await
}

pub async fn three<T: Send>(
    one: impl Future<Output = T> + Send,
    two: impl Future<Output = T> + Send,
    three: impl Future<Output = T> + Send,
) -> T {
    race(vec![Box::pin(one), Box::pin(two), Box::pin(three)]).await
}

#[macro_export]
macro_rules! plain_race {
    ($a:expr, $b:expr $(,)?) => { $crate::kit::plan::two($a, $b).await };
    ($a:expr, $b:expr, $c:expr $(,)?) => { $crate::kit::plan::three($a, $b, $c).await };
}

#[derive(Debug)]
pub struct Elapsed;

pub async fn timeout<T: Send>(
    _: Nap,
    block: impl Future<Output = T> + Send,
) -> Result<T, Elapsed> {
    match decided(Box::pin(block)).await {
        Decided::First(value) | Decided::Late(value) => Ok(value),
        Decided::Undone => Err(Elapsed),
    }
}
