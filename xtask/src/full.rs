//! The long runs, and the record of the last time they ran.

use std::path::Path;
use std::time::Instant;

use crate::record::{Outcome, Record, Row};
use crate::run;

/// One long run.
struct Long {
    what: String,
    program: &'static str,
    args: Vec<String>,
    /// What has to succeed first; where it does not, the run is left out.
    needs: &'static [&'static str],
}

/// All long runs, one after the other; what came of them is written to `docs/last-full-run.md`.
pub(crate) fn full() -> bool {
    let seeds = std::env::var("SCOOP_FUZZ_SEEDS").unwrap_or_else(|_| "1..200".to_owned());
    let mut record = Record::begin();
    for long in runs(&seeds, &oldest_rust()) {
        record.rows.push(long.run());
    }
    let failed = |row: &Row| matches!(row.result, Outcome::Failed);
    let passed = !record.rows.iter().any(failed);
    record.write() && passed
}

fn runs(seeds: &str, rust: &str) -> Vec<Long> {
    let fuzz = format!("run --release -p scoop-fuzz -- --seeds {seeds} --programs 20");
    let oldest = format!("run --install {rust} cargo check --workspace --target-dir target/oldest");
    vec![
        Long {
            what: format!("random sagas: seeds {seeds}, 20 programs each"),
            program: "cargo",
            args: words(&fuzz),
            needs: &["cargo", "--version"],
        },
        Long {
            what: format!("the oldest Rust that is promised: {rust}"),
            program: "rustup",
            args: words(&oldest),
            needs: &["rustup", "--version"],
        },
        Long {
            what: "licences, bans and sources of all dependencies".to_owned(),
            program: "cargo",
            args: words("deny check bans licenses sources"),
            needs: &["cargo", "deny", "--version"],
        },
        Long {
            what: "advisories on all dependencies".to_owned(),
            program: "cargo",
            args: words("deny check advisories"),
            needs: &["cargo", "deny", "fetch"],
        },
    ]
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(ToOwned::to_owned).collect()
}

/// What the manifest promises.
fn oldest_rust() -> String {
    env!("CARGO_PKG_RUST_VERSION").to_owned()
}

impl Long {
    fn run(&self) -> Row {
        let command = format!("{} {}", self.program, self.args.join(" "));
        let began = Instant::now();
        println!("== {command}");
        let mut last = Vec::new();
        let result = if run::succeeds(self.needs) {
            let passed = run::heard(self.program, &self.args, |line| {
                println!("{line}");
                last.push(line.to_owned());
            });
            Outcome::of(passed)
        } else {
            last.push(format!("`{}` does not work here", self.needs.join(" ")));
            Outcome::NotRun
        };
        println!("== {result}: {command}");
        last.retain(|line| !line.trim().is_empty());
        let last = last.split_off(last.len().saturating_sub(2));
        Row {
            what: self.what.clone(),
            command,
            seconds: began.elapsed().as_secs(),
            said: last.iter().map(|line| without_paths(line)).collect(),
            result,
        }
    }
}

/// The record is for everybody: it names no folder of the machine it was made on.
fn without_paths(line: &str) -> String {
    let words = line.split(' ').map(|word| match word {
        word if Path::new(word).is_absolute() => "(a folder)",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_paths;

    #[test]
    fn folders_of_the_machine_are_left_out() {
        let line = "the programs are in /home/me/target/fuzz of 5";
        assert_eq!(without_paths(line), "the programs are in (a folder) of 5");
    }
}
