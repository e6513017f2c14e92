//! The texts in the README are what the programs print. `cargo xtask bless` (or `UPDATE_README=1`)
//! writes them anew.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

#[path = "support/example.rs"]
mod example;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The id of the run in all texts.
const RUN: &str = "01a1fc35-17f6-7640-b12c-2a3e6c0b8ef3";
/// The time in all texts.
const TIME: &str = "2026-11-21T07:36:13.250Z";
const BEGIN: &str = "```text\n";
const END: &str = "```\n";

#[test]
fn its_texts_are_what_the_programs_print() {
    let path = Path::new(ROOT).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let printed = [compile_error(), killed_and_resumed(), report()];
    let blocks = readme.matches(BEGIN).count();
    assert_eq!(blocks, printed.len(), "each text block has its program");
    let wanted = with_blocks(&readme, &printed);
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, wanted).unwrap();
    } else {
        let why = "the README is behind: `cargo xtask bless` writes it anew";
        assert_eq!(readme, wanted, "{why}");
    }
}

#[test]
fn each_example_is_in_its_index() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let rows: Vec<_> = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for file in fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_example = path.is_file() || path.join("main.rs").exists();
        let listed = rows.iter().any(|row| row.contains(&format!("`{name}`")));
        assert!(listed || !is_example, "{name}");
    }
}

#[test]
fn the_trips_end_as_its_index_says() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("target")).unwrap();
    let trips = Path::new(ROOT).join("examples/data/trips.jsonl");
    let output = Command::new(example::built("trips"))
        .arg(trips)
        .current_dir(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let counts = said.lines().next().unwrap();
    assert!(
        readme.contains(&format!("`{counts}`, books balanced")),
        "{said}"
    );
    assert!(said.contains("the books balance to 0 cents"), "{said}");
}

#[test]
fn it_is_short_and_its_links_lead_somewhere() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150);
    for link in readme.split("](").skip(1) {
        let link = link.split(')').next().unwrap();
        assert!(Path::new(ROOT).join(link).exists(), "{link}");
    }
}

fn with_blocks(readme: &str, blocks: &[String]) -> String {
    let mut parts = readme.split(BEGIN);
    let first = parts.next().unwrap().to_owned();
    parts.zip(blocks).fold(first, |text, (part, block)| {
        let rest = part.find(END).expect("a block ends");
        format!("{text}{BEGIN}{}\n{}", block.trim_end(), &part[rest..])
    })
}

/// `tests/ui.rs` compares that file with what the compiler prints.
fn compile_error() -> String {
    let file = Path::new(ROOT).join("ui-tests/missing_compensation.stderr");
    fs::read_to_string(file).unwrap()
}

fn killed_and_resumed() -> String {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (run("quickstart", &directory), run("quickstart", &directory));
    assert!(!first.status.success() && second.status.success());
    transcript("quickstart", &[first, second])
}

fn report() -> String {
    let directory = tempfile::tempdir().unwrap();
    transcript("report", &[run("report", &directory)])
}

fn run(example: &str, directory: &tempfile::TempDir) -> Output {
    Command::new(example::built(example))
        .current_dir(directory.path())
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap()
}

/// What a terminal shows, with one id and one time in place of those of today.
fn transcript(example: &str, runs: &[Output]) -> String {
    let mut text = String::new();
    for run in runs {
        text += &format!("$ cargo run --example {example}\n");
        text += &String::from_utf8(run.stdout.clone()).unwrap();
        text += &String::from_utf8(run.stderr.clone()).unwrap();
    }
    let mut ids: Vec<_> = words(&text).filter_map(id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "the transcript is of one run: {text}");
    let mut told = text.replace(ids[0], RUN);
    for time in words(&text).filter(|word| is_time(word)) {
        told = told.replace(time, TIME);
    }
    told
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', '\n'])
}

fn id(word: &str) -> Option<&str> {
    let id = word.split(':').next().unwrap();
    let digits = id.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    (digits && id.len() == RUN.len()).then_some(id)
}

fn is_time(word: &str) -> bool {
    word.len() == TIME.len() && word.ends_with('Z') && word.starts_with("20")
}
