//! Project automation: `cargo xtask test | ci | full | bless | migrations`. Plain standard library.

mod count;
mod migrations;
mod run;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <test | ci | full | bless | migrations>
  test   all tests of the workspace
  ci     format, clippy, docs, then all tests
  full   the long runs: more seeds of the fuzzer
  bless  accept the messages that the compiler prints for ui-tests/
  migrations  print the SQL that makes the tables in PostgreSQL, for an administrator";

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let done = match verb.as_str() {
        "test" => run::test(),
        "ci" => run::ci(),
        "full" => run::full(),
        "bless" => run::bless(),
        "migrations" => migrations::print(),
        _ => {
            eprintln!("{USAGE}");
            false
        }
    };
    if done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
