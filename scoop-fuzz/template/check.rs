//! Compares the two lives of a program.

use crate::harness::{Ended, Shelf};
use crate::{Case, Input, Outcome, fresh, kit};

/// At most about so many crashes for a program and an input.
const SAMPLES: u64 = 60;

/// Runs the saga undisturbed, then with a crash at each commit; answers how many crashes there were.
pub fn check(case: &Case, input: &Input, expected: &(Outcome, Vec<String>)) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let (t, shelf) = (fresh(), Shelf::new());
        let ended = (case.saga)(t, input.clone(), None, shelf.clone()).await;
        compare(case, input, None, expected, ended, &[kit::take_trace(t)]);
        let commits = shelf.commits();
        let step = 1 + commits / SAMPLES;
        let mut crashes = 0;
        let mut at = 1;
        while at <= commits {
            crash(case, input, at, expected).await;
            crashes += 1;
            at += step;
        }
        crashes
    })
}

// The crash stops the engine right after commit `at` and before the operation that it intends
// begins. So the first life's trace ends before that operation, the second life's begins with it,
// and the two joined must be the plain trace exactly: nothing lost, nothing twice.
async fn crash(case: &Case, input: &Input, at: u64, expected: &(Outcome, Vec<String>)) {
    let (t, shelf) = (fresh(), Shelf::new());
    let first_end = (case.saga)(t, input.clone(), Some(at), shelf.clone()).await;
    let first = kit::take_trace(t);
    if !matches!(first_end, Ended::Crashed) {
        different(case, input, Some(at), expected, &format!("no crash: {first_end:?}"), &[first]);
    }
    let ended = (case.saga)(t, input.clone(), None, shelf).await;
    compare(case, input, Some(at), expected, ended, &[first, kit::take_trace(t)]);
}

fn compare(
    case: &Case,
    input: &Input,
    at: Option<u64>,
    expected: &(Outcome, Vec<String>),
    ended: Ended,
    lives: &[Vec<String>],
) {
    let same = matches!(&ended, Ended::Returned(outcome) if *outcome == expected.0);
    if !same || lives.concat() != expected.1 {
        different(case, input, at, expected, &format!("{ended:?}"), lives);
    }
}

fn different(
    case: &Case,
    input: &Input,
    at: Option<u64>,
    expected: &(Outcome, Vec<String>),
    ended: &str,
    lives: &[Vec<String>],
) -> ! {
    println!("DIFFERENCE: seed {} program {} crash after commit {at:?}", case.seed, case.number);
    println!("{}", case.source);
    println!("input: {input:?}");
    println!("plain: {:?}\n  {}", expected.0, expected.1.join("\n  "));
    println!("saga: {ended}");
    for (life, trace) in lives.iter().enumerate() {
        println!("life {}:\n  {}", life + 1, trace.join("\n  "));
    }
    std::process::exit(1)
}
