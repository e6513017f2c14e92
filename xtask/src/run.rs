//! Runs cargo, and says what it runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use scoop_testserver::{Server, Sync, VARIABLE};

use crate::count::Count;

/// All tests of the workspace, doc tests among them, on one PostgreSQL server.
pub(crate) fn test() -> bool {
    let given = std::env::var(VARIABLE).is_ok_and(|url| !url.is_empty());
    let server = if given {
        Ok(None)
    } else {
        Server::start(Sync::Off).map(Some)
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

/// Format, clippy, docs, dependencies, tests.
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
        deny(),
    ];
    test() && checks.iter().all(|passed| *passed)
}

/// Accepts the compiler's messages, and writes the texts of the README anew.
pub(crate) fn bless() -> bool {
    let messages = cargo(
        &["test", "-p", "scoop-saga", "--test", "ui"],
        &[("TRYBUILD", "overwrite")],
    );
    messages
        && cargo(
            &["test", "-p", "scoop-saga", "--test", "readme"],
            &[("UPDATE_README", "1")],
        )
}

/// The check of all dependencies, where it is installed.
fn deny() -> bool {
    if !succeeds(&["cargo", "deny", "--version"]) {
        println!("== not run: cargo deny, which is not installed; `cargo xtask full` runs it");
        return true;
    }
    cargo(&["deny", "check", "bans", "licenses", "sources"], &[])
}

/// Runs cargo, and says what came of it.
pub(crate) fn cargo(args: &[&str], vars: &[(&str, &str)]) -> bool {
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
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    heard("cargo", &args, vars, |line| {
        println!("{line}");
        count.add(line);
    })
}

/// Whether a command succeeds; what it prints is nobody's business.
pub(crate) fn succeeds(command: &[&str]) -> bool {
    let Some((program, args)) = command.split_first() else {
        return false;
    };
    let output = Command::new(own(program)).args(args).output();
    output.is_ok_and(|output| output.status.success())
}

/// Runs a program, and hears each line that it prints.
pub(crate) fn heard(
    program: &str,
    args: &[String],
    vars: &[(&str, &str)],
    mut hear: impl FnMut(&str),
) -> bool {
    let child = Command::new(own(program))
        .args(args)
        .envs(vars.iter().copied())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return false };
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            hear(&line);
        }
    }
    child.wait().is_ok_and(|status| status.success())
}

/// The cargo that runs this, for cargo.
fn own(program: &str) -> &str {
    match program {
        "cargo" => env!("CARGO"),
        other => other,
    }
}
