//! Compares the two lives of a program.
//!
//! The branches of a `join!` and a race are done one after the other in the plain life and side by side in the
//! saga, so the traces are compared for each branch: what it did with all that is around it.

use crate::harness::{Ended, Shelf};
use crate::kit::Effect;
use crate::{Case, Input, Outcome, fresh, kit};

/// At most about so many crashes for a program and an input.
const SAMPLES: u64 = 60;

type Expected = (Outcome, Vec<Effect>);

/// Runs the saga undisturbed, then with a crash at each commit; answers how many crashes there were.
pub fn check(case: &Case, input: &Input, expected: &Expected) -> u64 {
    let (t, shelf) = (fresh(), Shelf::new());
    let ended = (case.saga)(t, input.clone(), None, shelf.clone());
    compare(case, input, None, expected, ended, &[kit::take_trace(t)]);
    let commits = shelf.commits();
    let step = 1 + commits / SAMPLES;
    let mut crashes = 0;
    let mut at = 1;
    while at <= commits {
        crash(case, input, at, expected);
        crashes += 1;
        at += step;
    }
    crashes
}

fn crash(case: &Case, input: &Input, at: u64, expected: &Expected) {
    let (t, shelf) = (fresh(), Shelf::new());
    let first_end = (case.saga)(t, input.clone(), Some(at), shelf.clone());
    let first = kit::take_trace(t);
    if !matches!(first_end, Ended::Crashed) {
        different(case, input, Some(at), expected, &format!("no crash: {first_end:?}"), &[first]);
    }
    let ended = (case.saga)(t, input.clone(), None, shelf);
    compare(case, input, Some(at), expected, ended, &[first, kit::take_trace(t)]);
}

fn compare(
    case: &Case,
    input: &Input,
    at: Option<u64>,
    expected: &Expected,
    ended: Ended,
    lives: &[Vec<Effect>],
) {
    let same = matches!(&ended, Ended::Returned(outcome) if *outcome == expected.0);
    let mut lines = case.lines.iter().copied().map(Some).chain([None]);
    if !same || !lines.all(|line| is_same(case, line, &expected.1, lives)) {
        different(case, input, at, expected, &format!("{ended:?}"), lives);
    }
}

/// The innermost branch that a key belongs to; none where it is of no branch.
fn line_of(case: &Case, key: i64) -> Option<(i64, i64)> {
    let around = case.lines.iter().filter(|(from, to)| (*from..=*to).contains(&key));
    around.min_by_key(|(from, to)| to - from).copied()
}

/// Whether a branch, with what is around it, did in its lives what it does in the plain one.
fn is_same(
    case: &Case,
    line: Option<(i64, i64)>,
    plain: &[Effect],
    lives: &[Vec<Effect>],
) -> bool {
    let is_in = |effect: &&Effect| match (line_of(case, effect.key), line) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(line)) => outer.0 <= line.0 && line.1 <= outer.1,
    };
    let of_line = |trace: &[Effect]| trace.iter().filter(is_in).cloned().collect::<Vec<_>>();
    let plain = of_line(plain);
    let lives: Vec<_> = lives.iter().map(|life| of_line(life)).collect();
    let [first, second] = &lives[..] else {
        return lives[0] == plain;
    };
    let Some(from) = plain.len().checked_sub(second.len()) else {
        return false;
    };
    plain.starts_with(first)
        && plain.ends_with(second)
        && from <= first.len()
        && may_be_twice(case, &first[from..])
}

// The crash stops the engine right after a commit and before the operation that it intends begins. So
// what is not in a branch is done once. A branch beside the one that committed goes on until it would
// commit itself: its operation, and what the body does after that, are done again.
fn may_be_twice(case: &Case, effects: &[Effect]) -> bool {
    let is_in_branch = |effect: &Effect| line_of(case, effect.key).is_some();
    let after_first = effects.iter().skip(1);
    effects.iter().all(is_in_branch) && after_first.clone().all(|effect| effect.is_plain)
}

fn different(
    case: &Case,
    input: &Input,
    at: Option<u64>,
    expected: &Expected,
    ended: &str,
    lives: &[Vec<Effect>],
) -> ! {
    println!("DIFFERENCE: seed {} program {} crash after commit {at:?}", case.seed, case.number);
    println!("{}", case.source);
    println!("input: {input:?}");
    println!("plain: {:?}\n  {}", expected.0, told(&expected.1));
    println!("saga: {ended}");
    for (life, trace) in lives.iter().enumerate() {
        println!("life {}:\n  {}", life + 1, told(trace));
    }
    std::process::exit(1)
}

fn told(trace: &[Effect]) -> String {
    let texts: Vec<&str> = trace.iter().map(|effect| &*effect.text).collect();
    texts.join("\n  ")
}
