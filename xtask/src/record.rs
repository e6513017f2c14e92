//! The record of the last long runs: a page for people, committed.

use std::fmt;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/last-full-run.md");

/// What one run came to.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) command: String,
    pub(crate) seconds: u64,
    /// The last lines that it printed.
    pub(crate) said: Vec<String>,
    pub(crate) result: Outcome,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// What it needs is not there.
    NotRun,
}

impl Outcome {
    pub(crate) const fn of(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        })
    }
}

/// What all runs came to.
pub(crate) struct Record {
    date: String,
    commit: String,
    rust: String,
    pub(crate) rows: Vec<Row>,
}

impl Record {
    /// Of runs that begin now.
    pub(crate) fn begin() -> Self {
        let changed = said("git", &["status", "--porcelain", "--", ".", ":!docs"]);
        let with = if changed.is_empty() {
            ""
        } else {
            " with local changes"
        };
        Self {
            date: date(seconds_since_1970() / 86_400),
            commit: format!("{}{with}", said("git", &["rev-parse", "HEAD"])),
            rust: said("rustc", &["--version"]),
            rows: Vec::new(),
        }
    }

    /// Writes the page.
    pub(crate) fn write(&self) -> bool {
        let written =
            std::fs::create_dir_all(FOLDER).and_then(|()| std::fs::write(PAGE, self.page()));
        match written {
            Ok(()) => true,
            Err(error) => {
                eprintln!("docs/last-full-run.md cannot be written: {error}");
                false
            }
        }
    }

    fn page(&self) -> String {
        let Self {
            date,
            commit,
            rust,
            rows,
        } = self;
        let mut page = format!(
            "# The last long run\n\nWritten by `cargo xtask full` (`.ci/full`); not edited by hand.\n\n\
             - date: {date}\n- commit: {commit}\n- compiler: {rust}\n\n\
             | run | command | took | result |\n| --- | --- | --- | --- |\n"
        );
        for row in rows {
            let said = std::iter::once(row.result.to_string())
                .chain((!row.said.is_empty()).then(|| row.said.join("; ")));
            let said = said.collect::<Vec<_>>().join(": ").replace('|', "\\|");
            let (minutes, seconds) = (row.seconds / 60, row.seconds % 60);
            page += &format!(
                "| {} | `{}` | {minutes} min {seconds} s | {said} |\n",
                row.what, row.command
            );
        }
        page
    }
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let output = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

fn seconds_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|since| since.as_secs()).unwrap_or_default()
}

/// The day, given days since 1970, as `2026-11-21`.
fn date(mut days: u64) -> String {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, wanted) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (19_783, "2024-03-01"),
            (20_818, "2026-12-31"),
            (20_819, "2027-01-01"),
        ] {
            assert_eq!(date(days), wanted);
        }
    }

    #[test]
    fn the_page_says_what_ran_and_what_came_of_it() {
        let row = Row {
            what: "random sagas: seeds 1..2".to_owned(),
            command: "cargo run".to_owned(),
            seconds: 61,
            said: vec![
                "0 refused".to_owned(),
                "9 programs | no difference".to_owned(),
            ],
            result: Outcome::Passed,
        };
        let record = Record {
            date: "2026-11-21".to_owned(),
            commit: "abc".to_owned(),
            rust: "rustc 1.95.0".to_owned(),
            rows: vec![row],
        };
        let page = record.page();
        let line = "| random sagas: seeds 1..2 | `cargo run` | 1 min 1 s | \
                    passed: 0 refused; 9 programs \\| no difference |";
        assert!(
            page.contains(line) && page.contains("- commit: abc\n"),
            "{page}"
        );
    }
}
