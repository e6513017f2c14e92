//! Which programs the compiler refuses: a saga that is refused is told so, and nothing is silently
//! different. They are counted and named; all but few must have one known reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// A program: its seed and its number.
pub type Id = (u64, u64);

/// The programs that are refused, each with the codes of the compiler's errors.
pub type Refused = BTreeMap<Id, BTreeSet<String>>;

/// The compiler's code for the use of what was moved.
pub const MOVED: &str = "E0382";

/// Builds the crate in `folder`; the programs that the compiler complains of, or `None` where it
/// complains of something else.
///
/// # Errors
/// When cargo cannot be started.
pub fn build(folder: &Path, cargo: &Path, target: &Path) -> io::Result<Option<Refused>> {
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
        return Ok(Some(Refused::new()));
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut refused = Refused::new();
    for line in text.lines().filter(|line| line.contains(": error")) {
        if let Some(id) = program(folder, line) {
            refused.entry(id).or_default().insert(code(line).to_owned());
        }
    }
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

/// `E0382` in `..: error[E0382]: use of moved value`; nothing where the error has no code.
fn code(line: &str) -> &str {
    let after = line.split_once(": error[").map(|(_, after)| after);
    let code = after.and_then(|after| after.split_once(']'));
    code.map_or("", |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_code_or_none() {
        let line = "src/programs/seed_3.rs:2688:1: error[E0382]: use of moved value: `o`";
        assert_eq!(code(line), MOVED);
        assert_eq!(code("src/programs/seed_3.rs:1:1: error: expected `=>`"), "");
    }
}
