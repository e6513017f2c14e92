//! The long runs, and the record of the last time they ran.

use std::path::Path;
use std::time::Instant;

use crate::record::{Outcome, Record, Row};
use crate::run;

/// One long run.
struct Long {
    what: String,
    program: &'static str,
    /// Its arguments, once for each part.
    parts: Vec<String>,
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
    let oldest = format!("run --install {rust} cargo check --workspace --target-dir target/oldest");
    vec![
        Long {
            what: format!("random sagas: seeds {seeds}, 20 programs each"),
            program: "cargo",
            parts: batches(seeds)
                .map(|(first, last)| {
                    format!("run --release -p scoop-fuzz -- --seeds {first}..{last} --programs 20")
                })
                .collect(),
            needs: &["cargo", "--version"],
        },
        Long {
            what: "100 rounds of kill, stop and continue of three workers of `checkout`".to_owned(),
            program: "cargo",
            parts: vec![
                "test -p scoop-saga --test checkout -- --ignored --nocapture for_long".to_owned(),
            ],
            needs: &["cargo", "--version"],
        },
        Long {
            what: "trees of runs, five deep and a thousand wide, killed at some commits".to_owned(),
            program: "cargo",
            parts: vec![
                "test -p scoop-saga --test crash -- --ignored --nocapture for_long".to_owned(),
            ],
            needs: &["cargo", "--version"],
        },
        Long {
            what: format!("the oldest Rust that is promised: {rust}"),
            program: "rustup",
            parts: vec![oldest],
            needs: &["rustup", "--version"],
        },
        Long {
            what: "licences, bans and sources of all dependencies".to_owned(),
            program: "cargo",
            parts: vec!["deny check bans licenses sources".to_owned()],
            needs: &["cargo", "deny", "--version"],
        },
        Long {
            what: "advisories on all dependencies".to_owned(),
            program: "cargo",
            parts: vec!["deny check advisories".to_owned()],
            needs: &["cargo", "deny", "fetch"],
        },
    ]
}

/// Ten seeds at a time: the programs of all of them in one crate want more memory than a machine
/// has.
fn batches(seeds: &str) -> impl Iterator<Item = (u64, u64)> {
    let (first, last) = seeds.split_once("..").unwrap_or((seeds, seeds));
    let number = |text: &str| text.parse().expect("SCOOP_FUZZ_SEEDS is like `1..200`");
    let (first, last): (u64, u64) = (number(first), number(last));
    (first..=last)
        .step_by(10)
        .map(move |from| (from, last.min(from + 9)))
}

/// What the manifest promises.
fn oldest_rust() -> String {
    env!("CARGO_PKG_RUST_VERSION").to_owned()
}

impl Long {
    fn run(&self) -> Row {
        let began = Instant::now();
        let mut said = vec![format!("`{}` does not work here", self.needs.join(" "))];
        let mut result = Outcome::NotRun;
        if run::succeeds(self.needs) {
            said.clear();
            let all = self.parts.iter().filter(|part| !self.part(part, &mut said));
            result = Outcome::of(all.count() == 0);
        }
        println!("== {result}: {}", self.what);
        Row {
            what: self.what.clone(),
            command: self.command(),
            seconds: began.elapsed().as_secs(),
            said: said.iter().map(|line| without_paths(line)).collect(),
            result,
        }
    }

    /// Runs one part, and adds what it said last to what the others said.
    fn part(&self, part: &str, said: &mut Vec<String>) -> bool {
        println!("== {} {part}", self.program);
        let args: Vec<String> = part.split(' ').map(ToOwned::to_owned).collect();
        let mut last = Vec::new();
        let passed = run::heard(self.program, &args, &[], |line| {
            println!("{line}");
            if !line.trim().is_empty() && !is_of_the_harness(line) {
                last.push(line.to_owned());
            }
        });
        for line in last.split_off(last.len().saturating_sub(2)) {
            match said
                .iter_mut()
                .find_map(|sum| add_up(sum, &line).map(|all| (sum, all)))
            {
                Some((sum, all)) => *sum = all,
                None => said.push(line),
            }
        }
        passed
    }

    fn command(&self) -> String {
        let first = self.parts.first().map_or("", String::as_str);
        let more = match self.parts.len() {
            0 | 1 => String::new(),
            all => format!(" (and {} more)", all - 1),
        };
        format!("{} {first}{more}", self.program)
    }
}

/// What `cargo test` says of itself.
fn is_of_the_harness(line: &str) -> bool {
    ["test ", "running "]
        .iter()
        .any(|word| line.starts_with(word))
}

/// Adds the numbers of two lines that differ in nothing else.
fn add_up(sum: &str, line: &str) -> Option<String> {
    let (sum, line): (Vec<_>, Vec<_>) = (sum.split(' ').collect(), line.split(' ').collect());
    if sum.len() != line.len() {
        return None;
    }
    let pairs = sum.into_iter().zip(line);
    let words = pairs.map(|(a, b)| match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => Some((a + b).to_string()),
        _ => (a == b).then(|| a.to_owned()),
    });
    Some(words.collect::<Option<Vec<_>>>()?.join(" "))
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
    use super::{add_up, batches, without_paths};

    #[test]
    fn folders_of_the_machine_are_left_out() {
        let line = "the programs are in /home/me/target/fuzz of 5";
        assert_eq!(without_paths(line), "the programs are in (a folder) of 5");
    }

    #[test]
    fn seeds_come_in_tens() {
        let all = |seeds| batches(seeds).collect::<Vec<_>>();
        assert_eq!(all("1..23"), [(1, 10), (11, 20), (21, 23)]);
        assert_eq!(all("7"), [(7, 7)]);
    }

    #[test]
    fn lines_are_added_up_where_only_numbers_differ() {
        let sum = add_up(
            "5 programs, 2 ended: no difference",
            "7 programs, 1 ended: no difference",
        );
        assert_eq!(sum.as_deref(), Some("12 programs, 3 ended: no difference"));
        assert_eq!(add_up("5 programs", "5 crates"), None);
    }
}
