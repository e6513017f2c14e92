//! Project automation: `cargo xtask test | newest | ci | full | bless | migrations`. Plain standard library.

mod count;
mod full;
mod migrations;
mod newest;
mod record;
mod run;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <test | newest | ci | full | bless | migrations>
  test   all tests of the workspace
  newest the tests that talk to PostgreSQL, on the newest one that npm has
  ci     format, clippy, docs, dependencies, then all tests
  full   the long runs, recorded in docs/last-full-run.md
  bless  accept what the compiler prints for ui-tests/, and what programs print for the README
  migrations  print the SQL that makes the tables in PostgreSQL, for an administrator";

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let done = match verb.as_str() {
        "test" => run::test(),
        "newest" => newest::test(),
        "ci" => run::ci(),
        "full" => full::full(),
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
