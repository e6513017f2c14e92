//! The quickstart, with a real process that is really killed.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "support/example.rs"]
mod example;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

fn run(directory: &tempfile::TempDir) -> (Output, String) {
    let output = Command::new(example::built("quickstart"))
        .current_dir(directory.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.lines().count() <= 15, "{text}");
    (output, text)
}

fn key(text: &str) -> &str {
    text.lines()
        .find_map(|line| line.split_once("key "))
        .unwrap()
        .1
}

#[test]
fn the_second_run_goes_on_where_the_first_was_killed() {
    let directory = tempfile::tempdir().unwrap();
    let (first, said) = run(&directory);
    assert_eq!(first.status.signal(), Some(9), "{said}");
    assert!(
        said.contains("booking a flight") && said.contains("run it again"),
        "{said}"
    );
    let (second, says) = run(&directory);
    assert!(second.status.success(), "{says}");
    assert!(
        says.contains("not repeated: book_flight:flight, book_hotel:hotel"),
        "{says}"
    );
    let timeline = says.lines().find(|line| line.starts_with("timeline: "));
    let points: Vec<_> = timeline.unwrap().split(", ").map(last_word).collect();
    let all = [
        "book_flight:flight",
        "book_hotel:hotel",
        "rent_car:car",
        "end",
    ];
    assert_eq!(points, all);
    assert!(!says.contains("booking a flight"), "{says}");
    assert_eq!(key(&said), key(&says));
    assert!(
        says.contains("booked: flight FL-7, hotel Tejo, a small car"),
        "{says}"
    );
    let left = std::fs::read_dir(directory.path().join("target")).unwrap();
    assert_eq!(left.count(), 0, "the next run starts afresh");
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap()
}
