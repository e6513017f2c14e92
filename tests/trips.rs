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

/// Runs it with these lines as its input.
fn fed(arguments: &[&str], lines: &str, directory: &Path) -> std::process::Output {
    let mut child = Command::new(example::built("trips"))
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let output = fed(&["no/trips.jsonl"], "", directory.path());
    let said = String::from_utf8(output.stderr).unwrap();
    let wanted =
        "Error: \"cannot read `no/trips.jsonl`: No such file or directory (os error 2)\"\n";
    assert_eq!(said, wanted);
    assert!(!output.status.success());
}

#[test]
fn a_dash_is_the_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    let trips = std::fs::read_to_string(TRIPS).unwrap();
    let two: Vec<&str> = trips.lines().take(2).collect();
    let output = fed(&["-"], &two.join("\n"), directory.path());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("1 booked, 1 failed"), "{said}");
}

#[test]
fn what_was_left_undone_is_waited_for_without_new_trips() {
    let (program, directory) = (example::built("trips"), tempfile::tempdir().unwrap());
    let directory = directory.path();
    assert!(killed_at(300, &program, directory));
    let (before, _) = ledger(directory);
    assert_ne!(before.values().sum::<i64>(), 0, "nothing was under way");
    let output = fed(&[], "", directory);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with("the books balance to 0 cents\n"), "{said}");
    let ended = said.split(' ').next().unwrap().parse::<u32>().unwrap();
    assert!(ended > 0, "{said}");
    assert!(output.status.success());
}
