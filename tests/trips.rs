//! The example `trips`, killed again and again at moments that a seed chooses.

#![cfg(all(unix, feature = "sqlite"))]
#![allow(clippy::unwrap_used)]

#[path = "support/example.rs"]
mod example;

use std::collections::HashMap;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TRIPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/trips.jsonl");

fn start(program: &Path, directory: &Path) -> Child {
    Command::new(program)
        .arg(TRIPS)
        .current_dir(directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What was entered into the books, by key; and how many entries there are.
fn ledger(directory: &Path) -> (HashMap<String, i64>, usize) {
    let text = std::fs::read_to_string(directory.join("target/trips-ledger.jsonl"));
    let text = text.unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<(String, i64)>(line).ok());
    let lines: Vec<(String, i64)> = lines.collect();
    (lines.iter().cloned().collect(), lines.len())
}

/// Lets it live until this many entries are in the books. False when it ended before.
fn killed_at(entries: usize, program: &Path, directory: &Path) -> bool {
    let mut child = start(program, directory);
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if ledger(directory).1 >= entries {
            child.kill().unwrap();
            return child.wait().unwrap().signal() == Some(9);
        }
        // Another process is waited for: there is nothing here that could tell.
        std::thread::park_timeout(Duration::from_micros(200));
    }
}

/// An xorshift: the same moments for the same seed.
fn moments(seed: u64, most: usize) -> Vec<usize> {
    let mut state = seed;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let mut moments: Vec<usize> = (0..6).map(|_| draw()).collect();
    moments.sort_unstable();
    moments
}

fn a_thousand_trips(seed: u64) {
    let (program, directory) = (example::built("trips"), tempfile::tempdir().unwrap());
    let directory = directory.path();
    let mut kills = 0;
    for moment in moments(seed, 5_700) {
        kills += u32::from(killed_at(moment, &program, directory));
    }
    assert!(kills > 2, "it was killed {kills} times only");
    let output = start(&program, directory).wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let wanted = "870 booked, 130 failed and undone, 0 in trouble\n\
                  the books balance to 0 cents\n";
    assert_eq!(said, wanted);
    assert!(output.status.success());
    // Its own books, as another program reads them: nobody paid twice, nothing is left over.
    let (books, entries) = ledger(directory);
    assert_eq!(books.values().sum::<i64>(), 0);
    assert_eq!(
        books.len(),
        entries,
        "an entry was made twice under one key"
    );
    let line = format!("trips: killed {kills} times with seed {seed}, {entries} entries");
    drop(writeln!(std::io::stderr(), "{line}"));
}

#[test]
fn a_thousand_trips_survive_being_killed() {
    a_thousand_trips(0x5c00b);
}

#[test]
fn a_thousand_trips_survive_being_killed_at_other_moments() {
    a_thousand_trips(0xdead_beef);
}
