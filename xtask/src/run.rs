//! Runs cargo, and says what it runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use scoop_testserver::{Server, VARIABLE};

use crate::count::Count;

/// All tests of the workspace, doc tests among them, on one PostgreSQL server.
pub(crate) fn test() -> bool {
    let given = std::env::var(VARIABLE).is_ok_and(|url| !url.is_empty());
    let server = if given {
        Ok(None)
    } else {
        Server::start().map(Some)
    };
    let server = match &server {
        Ok(server) => server.as_ref(),
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    let vars: Vec<(&str, &str)> = server
        .iter()
        .map(|server| (VARIABLE, server.url()))
        .collect();
    let mut count = Count::default();
    let tests = counted(
        &["test", "--workspace", "--all-targets", "--no-fail-fast"],
        &vars,
        &mut count,
    );
    let docs = counted(
        &["test", "--workspace", "--doc", "--no-fail-fast"],
        &vars,
        &mut count,
    );
    println!(
        "{} passed, {} failed, {} skipped",
        count.passed, count.failed, count.ignored
    );
    tests && docs && count.passed > 0 && count.failed == 0
}

/// Format, clippy, docs, tests.
pub(crate) fn ci() -> bool {
    let checks = [
        cargo(&["fmt", "--all", "--check"], &[]),
        cargo(
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
            &[],
        ),
        cargo(
            &["doc", "--workspace", "--no-deps"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        ),
    ];
    test() && checks.iter().all(|passed| *passed)
}

/// The long runs.
pub(crate) fn full() -> bool {
    cargo(
        &[
            "run",
            "--release",
            "-p",
            "scoop-fuzz",
            "--",
            "--seeds",
            "1..200",
            "--programs",
            "20",
        ],
        &[],
    )
}

/// Accepts the compiler's messages.
pub(crate) fn bless() -> bool {
    cargo(
        &["test", "-p", "scoop-saga", "--test", "ui"],
        &[("TRYBUILD", "overwrite")],
    )
}

fn cargo(args: &[&str], vars: &[(&str, &str)]) -> bool {
    let began = Instant::now();
    println!("== cargo {}", args.join(" "));
    let status = Command::new(env!("CARGO"))
        .args(args)
        .envs(vars.iter().copied())
        .status();
    let passed = status.is_ok_and(|status| status.success());
    let word = if passed { "passed" } else { "FAILED" };
    println!(
        "== {word} after {} s: cargo {}",
        began.elapsed().as_secs(),
        args.join(" ")
    );
    passed
}

/// Runs tests, prints what they print, and counts them.
fn counted(args: &[&str], vars: &[(&str, &str)], count: &mut Count) -> bool {
    println!("== cargo {}", args.join(" "));
    let child = Command::new(env!("CARGO"))
        .args(args)
        .envs(vars.iter().copied())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return false };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{line}");
            count.add(&line);
        }
    }
    child.wait().is_ok_and(|status| status.success())
}
