//! What to run: the command line of `scoop-fuzz`.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// How many programs of each.
    pub programs: u64,
    /// Run only this program of each seed.
    pub only: Option<u64>,
    /// Compile and run only the plain half.
    pub plain_only: bool,
    /// Keep the generated crate.
    pub keep: bool,
    /// Print which constructs occur, and inside which.
    pub table: bool,
    /// Only programs with all of these constructs are run.
    pub with: BTreeSet<String>,
    /// Constructs that are left out.
    pub without: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seeds: 1..=4,
            programs: 40,
            only: None,
            plain_only: false,
            keep: false,
            table: false,
            with: BTreeSet::new(),
            without: BTreeSet::new(),
        }
    }
}

impl Options {
    /// Reads a command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .ok_or_else(|| format!("`{word}` wants a value"))
            };
            match word.as_str() {
                "--seeds" => options.seeds = seeds(&value()?)?,
                "--programs" => options.programs = number(&value()?)?,
                "--only" => options.only = Some(number(&value()?)?),
                "--with" => drop(options.with.insert(value()?)),
                "--without" => drop(options.without.insert(value()?)),
                "--plain-only" => options.plain_only = true,
                "--keep" => options.keep = true,
                "--table" => options.table = true,
                _ => return Err(format!("unknown option `{word}`")),
            }
        }
        Ok(options)
    }
}

/// Reads `7` or `1..20`; the last seed is included.
///
/// # Errors
/// What is wrong with it.
pub fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    match text.split_once("..") {
        Some((first, last)) => Ok(number(first)?..=number(last.trim_start_matches('='))?),
        None => number(text).map(|seed| seed..=seed),
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is no number: {error}"))
}
