//! The rules of the house that a machine can check: headers, lengths, which way dependencies point,
//! and that what is said in two places is the same.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// No file may be longer.
const LONGEST: usize = 400;

/// What a pure function does not name: waiting, input and output, clocks, randomness.
const IMPURE: &[&str] = &[
    "tokio",
    "sqlx",
    "Instant",
    "::now(",
    "now_v7",
    "new_v4",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "Mutex",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All source files with this ending below a folder, with their texts.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut folders = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push((relative(&path), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "there are {ending} files in {folder}");
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root()).unwrap().components().collect();
    path.to_str().unwrap().replace('\\', "/")
}

/// A file's lines without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn each_file_says_first_what_it_is_for() {
    let missing = |text: &str| !text.lines().take(3).any(|line| line.starts_with("//! "));
    let bad: Vec<_> = files(".", ".rs")
        .into_iter()
        .filter(|(path, text)| !path.starts_with("ui-tests/") && missing(text))
        .collect();
    assert!(bad.is_empty(), "no `//!`: {:?}", paths(&bad));
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in files(".", ".rs") {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{path} has {lines} lines");
    }
}

#[test]
fn the_protocol_is_pure() {
    for (path, text) in files("scoop-runtime/src/protocol", ".rs") {
        for line in code(&text) {
            let named = IMPURE.iter().find(|name| line.contains(**name));
            assert_eq!(named, None, "{path}: {line}");
            let ours = line.split("crate::").skip(1);
            let foreign = ours
                .into_iter()
                .find(|name| !name.starts_with("protocol::") && !name.starts_with("codec::"));
            assert_eq!(foreign, None, "{path}: {line}");
        }
    }
}

#[test]
fn only_stores_name_their_database() {
    let elsewhere = |path: &str| {
        !path.starts_with("scoop-runtime/src/store/")
            && !path.starts_with("scoop-runtime/src/testing/database")
    };
    for (path, text) in [files("src", ".rs"), files("scoop-runtime/src", ".rs")].concat() {
        if elsewhere(&path) {
            let line = code(&text).find(|line| line.contains("sqlx"));
            assert_eq!(line, None, "{path}");
        }
    }
}

#[test]
fn the_facade_has_no_logic() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let logic = code(&text).find(|line| {
        ["fn ", "impl", "trait "]
            .iter()
            .any(|word| line.contains(word))
    });
    assert_eq!(logic, None);
}

#[test]
fn each_statement_says_first_who_runs_it() {
    let stores = files("scoop-runtime/src/store", ".sql").into_iter();
    for (path, text) in stores.filter(|(path, _)| path.contains("/queries/")) {
        assert!(text.starts_with("-- "), "{path}");
    }
}

#[test]
fn the_oldest_rust_is_the_same_everywhere() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let rust = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \""))
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("Rust {rust} or newer")), "{rust}");
    let asked = env!("CARGO_PKG_RUST_VERSION");
    assert!(asked == rust || asked == format!("{rust}.0"), "{asked}");
    for (path, text) in files(".", "Cargo.toml") {
        if path.starts_with("scoop-fuzz/template/") {
            continue;
        }
        assert!(text.contains("rust-version.workspace = true"), "{path}");
    }
}

fn paths(files: &[(String, String)]) -> Vec<&String> {
    files.iter().map(|(path, _)| path).collect()
}
