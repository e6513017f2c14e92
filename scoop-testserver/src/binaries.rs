//! Where PostgreSQL's programs are; for tests they are installed where that is possible.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::trouble;

/// The directory with `initdb` and `postgres`, which have to be there.
pub(crate) fn present() -> io::Result<PathBuf> {
    find().ok_or_else(|| {
        trouble(
            "no PostgreSQL here: `initdb` and `postgres` are neither in the PATH nor in \
             /usr/lib/postgresql. Install PostgreSQL 13 or later, or set SCOOP_PG_BIN to the \
             directory of its programs",
        )
    })
}

/// The directory with `initdb` and `postgres`; they are installed where they are missing.
pub(crate) fn directory() -> io::Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    install();
    find().ok_or_else(|| {
        trouble(
            "no PostgreSQL here: `initdb` and `postgres` are neither in the PATH nor in \
             /usr/lib/postgresql, and `apt-get install postgresql` did not work. Install \
             PostgreSQL 13 or later, set SCOOP_PG_BIN to the directory of its programs, or set \
             DATABASE_URL to a server on which databases may be made",
        )
    })
}

fn find() -> Option<PathBuf> {
    let named = std::env::var_os("SCOOP_PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    named
        .into_iter()
        .chain(versions())
        .chain(std::env::split_paths(&path))
        .find(|directory| directory.join("initdb").exists() && directory.join("postgres").exists())
}

/// Debian's directories, newest first.
fn versions() -> Vec<PathBuf> {
    let number = |path: &Path| -> u32 {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(|name| name.parse().ok()).unwrap_or(0)
    };
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    versions.sort_by_key(|path| std::cmp::Reverse(number(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

fn install() {
    eprintln!("PostgreSQL is missing; trying `apt-get install postgresql`");
    for arguments in [
        &["update", "-q"][..],
        &[
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            "postgresql",
        ],
    ] {
        let done = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::process::Stdio::null())
            .status();
        if let Err(error) = done {
            eprintln!("apt-get: {error}");
        }
    }
}
