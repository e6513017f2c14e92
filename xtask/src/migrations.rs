//! Prints the migrations of the PostgreSQL store, for an administrator who wants to run them by hand.

use std::fs;
use std::io;
use std::path::PathBuf;

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../scoop-runtime/src/store/postgres/migrations"
);

/// Prints all of them, each in a transaction; each writes down its own version.
pub(crate) fn print() -> bool {
    match script() {
        Ok(script) => {
            print!("{script}");
            true
        }
        Err(error) => {
            eprintln!("{DIRECTORY}: {error}");
            false
        }
    }
}

fn script() -> io::Result<String> {
    let entries: Result<Vec<_>, _> = fs::read_dir(DIRECTORY)?.collect();
    let mut files: Vec<PathBuf> = entries?.iter().map(fs::DirEntry::path).collect();
    files.sort();
    let mut script = String::new();
    for file in files {
        script.push_str("begin;\n\n");
        script.push_str(&fs::read_to_string(file)?);
        script.push_str("\ncommit;\n");
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn every_migration_is_a_transaction_that_writes_down_its_version() {
        let script = script().expect("the files are there");
        let versions = script.matches("insert into scoop.migration").count();
        assert!(versions > 0);
        assert_eq!(script.matches("begin;").count(), versions);
        assert_eq!(script.matches("commit;").count(), versions);
    }
}
