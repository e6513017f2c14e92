//! Prints which constructs a set of programs uses, and which stand inside which.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::generate::Program;

/// One line a construct: in how many programs it occurs, how many others were seen inside it, and
/// which were not.
#[must_use]
pub fn table(programs: &[Program]) -> String {
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for program in programs {
        for construct in &program.record.constructs {
            *uses.entry(construct).or_default() += 1;
        }
        for pair in &program.record.pairs {
            *pairs.entry(*pair).or_default() += 1;
        }
    }
    let mut text = String::from("construct                programs  inside it (never: ...)\n");
    let mut seen = 0;
    let mut possible = 0;
    for (outer, count) in &uses {
        let never: Vec<&str> = uses
            .keys()
            .filter(|inner| !pairs.contains_key(&(outer, inner)))
            .copied()
            .collect();
        let inside = uses.len() - never.len();
        let _ = write!(
            text,
            "{outer:<24} {count:>8}  {inside:>3} of {}",
            uses.len()
        );
        if inside > 0 {
            seen += inside;
            possible += uses.len();
            if never.len() < 12 && !never.is_empty() {
                let _ = write!(text, " (never: {})", never.join(", "));
            }
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} programs, {} constructs, {seen} of {possible} pairs (of constructs that can hold others)",
        programs.len(),
        uses.len()
    );
    text
}
