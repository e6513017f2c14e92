//! Which programs the compiler refuses: a saga that is refused is told so, and nothing is silently
//! different. They are counted and named, and there must be few of them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A program: its seed and its number.
pub type Id = (u64, u64);

/// Builds the crate in `folder`; the programs that the compiler complains of, or `None` where it
/// complains of something else.
///
/// # Errors
/// When cargo cannot be started.
pub fn build(folder: &Path, cargo: &Path, target: &Path) -> io::Result<Option<BTreeSet<Id>>> {
    let output = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--message-format=short",
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        .output()?;
    if output.status.success() {
        return Ok(Some(BTreeSet::new()));
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused: BTreeSet<Id> = text
        .lines()
        .filter(|line| line.contains(": error"))
        .filter_map(|line| program(folder, line))
        .collect();
    if refused.is_empty() {
        println!("{text}");
        return Ok(None);
    }
    Ok(Some(refused))
}

/// The program at `src/programs/seed_3.rs:2688:1: error..`.
fn program(folder: &Path, line: &str) -> Option<Id> {
    let mut parts = line.split(':');
    let file = parts.next()?;
    let at: usize = parts.next()?.parse().ok()?;
    let seed = file
        .rsplit_once("seed_")?
        .1
        .strip_suffix(".rs")?
        .parse()
        .ok()?;
    let source = fs::read_to_string(folder.join(file)).ok()?;
    let lines: Vec<&str> = source.lines().collect();
    // An error at the attribute belongs to the function right after it.
    let number = |line: &&str| {
        let name = line.split_once("pub async fn g")?.1;
        name.split_once('(')?.0.parse::<u64>().ok()
    };
    let here = lines.get(at - 1..(at + 1).min(lines.len()))?;
    let below = here
        .iter()
        .find_map(number)
        .filter(|_| here[0].starts_with("#["));
    let found = below.or_else(|| lines[..at].iter().rev().find_map(number))?;
    Some((seed, found))
}
