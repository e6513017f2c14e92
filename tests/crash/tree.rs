//! Trees of runs that are deep and wide, killed at some commits, on the way forward and back.

use std::collections::BTreeMap;

use scoop::Status::{Completed, RolledBack};

use crate::joins::tree;
use crate::support::{Place, on_every_store};
use crate::sweep::{Crash, commits, crashed};

on_every_store!(a_hundred_leaves);

const DEPTH: usize = 5;

async fn a_hundred_leaves(place: Place) {
    killed_at_some_commits(place, 100, 3).await;
}

/// As long as one wants to wait: `cargo test --test crash -- --ignored a_thousand`.
mod for_long {
    use super::*;

    #[tokio::test(start_paused = true)]
    #[ignore = "takes minutes"]
    async fn a_thousand_leaves_on_sqlite() {
        killed_at_some_commits(Place::sqlite(), 1_000, 8).await;
    }

    #[tokio::test(start_paused = true)]
    #[ignore = "takes minutes"]
    async fn a_thousand_leaves_on_postgres() {
        killed_at_some_commits(Place::postgres(), 1_000, 8).await;
    }
}

async fn killed_at_some_commits(place: Place, width: usize, samples: u32) {
    for fails in [false, true] {
        let call = |case| tree(case, DEPTH, width, fails);
        let commits = commits(&place.fresh(), call).await;
        for sample in 1..=samples {
            let crash = Crash::After(commits * sample / (samples + 1));
            let started = std::time::Instant::now();
            let told = crashed(&place.fresh(), call, crash).await;
            let status = if fails { RolledBack } else { Completed };
            assert_eq!(told.end.status, status, "{crash:?}");
            check(&told.all, width, fails, crash);
            eprintln!("{crash:?} of {commits}: {:?}", started.elapsed());
        }
    }
}

/// Each leaf was booked once or, where it was under way, twice; and undone likewise.
fn check(all: &[String], width: usize, fails: bool, crash: Crash) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for line in all {
        let what = line
            .rsplit_once(['+', '-'])
            .map_or(0, |(before, _)| before.len());
        *counts.entry(&line[what..]).or_default() += 1;
    }
    let twice = counts.values().filter(|count| **count > 1).count();
    assert!(twice <= 17, "{crash:?}: {twice} things happened twice");
    assert!(counts.values().all(|count| *count <= 2), "{crash:?}");
    for sign in ["+", "-"] {
        let leaves = counts
            .keys()
            .filter(|what| what.starts_with(&format!("{sign}leaf")));
        let expected = if sign == "+" || fails { width } else { 0 };
        assert_eq!(leaves.count(), expected, "{crash:?} {sign}");
    }
}
