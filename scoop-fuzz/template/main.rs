#![allow(warnings)]
//! Runs every program with every input: plainly, as a saga, and as a saga that is killed at each
//! commit and continued. Generated; do not edit.

mod kit;
mod programs;
#[cfg(feature = "saga")]
mod harness;
#[cfg(feature = "saga")]
mod check;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};

pub type Outcome = Result<Vec<i64>, kit::Fault>;
pub type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The arguments of a program, but for the key of its trace.
#[derive(Clone, Debug)]
pub struct Input {
    pub a: i64,
    pub b: i64,
    pub order: kit::Order,
    pub names: Vec<String>,
}

/// A program in its two lives.
pub struct Case {
    pub seed: u64,
    pub number: u64,
    pub source: &'static str,
    /// The numbers of the keys that belong to one branch of a `join!` or a race: from, up to.
    pub lines: &'static [(i64, i64)],
    pub plain: fn(i64, Input) -> Running<Outcome>,
    #[cfg(feature = "saga")]
    pub saga: fn(i64, Input, Option<u64>, harness::Shelf) -> harness::Ended,
}

/// A key for the trace of one more test run.
pub fn fresh() -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(0);
    (LAST.fetch_add(1, Ordering::Relaxed) + 1) * kit::KEYS
}

fn inputs() -> Vec<Input> {
    [(0, 1), (1, 2), (2, 7), (3, 16), (5, 4)]
        .into_iter()
        .map(|(a, b)| Input {
            a,
            b,
            order: kit::sample(a * 5 + b),
            names: (0..a % 4).map(|n| format!("n{n}")).collect(),
        })
        .collect()
}

/// Polls a future that is always ready.
fn ready<T>(mut future: Running<T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("a plain step waits for nothing"),
    }
}

/// What the plain half returns and does.
pub fn plainly(case: &Case, input: &Input) -> (Outcome, Vec<kit::Effect>) {
    let t = fresh();
    let outcome = ready((case.plain)(t, input.clone()));
    kit::plan::end(outcome.is_err());
    (outcome, kit::take_trace(t))
}

fn main() {
    let stamp = std::env::args().nth(1);
    assert_eq!(stamp.as_deref(), Some(programs::STAMP), "this binary holds other programs");
    let (mut runs, mut effects, mut failed, mut crashes) = (0_u64, 0_usize, 0_u64, 0_u64);
    for case in programs::ALL {
        for input in inputs() {
            let expected = plainly(case, &input);
            assert_eq!(expected, plainly(case, &input), "seed {} program {}", case.seed, case.number);
            runs += 1;
            effects += expected.1.len();
            failed += u64::from(expected.0.is_err());
            #[cfg(feature = "saga")]
            {
                crashes += check::check(case, &input, &expected);
            }
        }
    }
    println!("{} programs, {runs} runs, {effects} effects, {failed} ended with `Err`, {crashes} crashes: no difference", programs::ALL.len());
}
