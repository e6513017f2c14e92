//! The example `trip`: what it books it undoes, newest first.

#![allow(clippy::unwrap_used)]

#[path = "support/example.rs"]
mod example;

use std::process::Command;

fn says(arguments: &[&str]) -> String {
    let output = Command::new(example::built("trip"))
        .args(arguments)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn lines<'a>(said: &'a str, sign: &str) -> Vec<&'a str> {
    said.lines()
        .filter_map(|line| line.strip_prefix(sign))
        .collect()
}

#[test]
fn a_refused_card_undoes_the_whole_trip() {
    let said = says(&[]);
    let booked = lines(&said, "  + ");
    assert_eq!(booked.len(), 6, "{said}");
    let undone = lines(&said, "  - ");
    let sorted = |mut all: Vec<&str>| {
        all.sort_unstable();
        all.concat()
    };
    assert_eq!(sorted(undone.clone()), sorted(booked.clone()));
    // What was awaited at once may be undone either way; legs are not.
    assert!(undone[0] == "car" || undone[0] == "insurance", "{said}");
    assert!(undone[2].contains("Rome") && undone[5].contains("Oslo") || undone[4].contains("Oslo"));
    for told in [
        "saga `trip::book_trip` failed and was rolled back",
        "the card of Ann is good for 400, not for 495",
        "`trip::book` (row 3.1) undone by `trip::cancel`",
        "`trip::leg` (row 1) undone",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn a_card_that_pays_sends_tickets() {
    let said = says(&["pays"]);
    assert!(
        said.ends_with("tickets sent to Ann\nbooked for 495\n"),
        "{said}"
    );
    assert_eq!(lines(&said, "  - "), [""; 0]);
}
