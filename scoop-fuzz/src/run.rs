//! Generates, builds, runs, and says what came of it.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::generate::{Program, program};
use crate::options::Options;
use crate::{project, table};

/// Does what the options say; answers whether all was well.
///
/// # Errors
/// When files cannot be written or cargo cannot be started.
pub fn run(options: &Options) -> io::Result<bool> {
    let programs = programs(options);
    if options.table {
        print!("{}", table::table(&programs));
    }
    let target = target();
    let folder = target.join("fuzz").join(project::name(options));
    let stamp = project::write(&folder, &programs, options)?;
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .args(["--", &stamp])
        .env("CARGO_TARGET_DIR", &target)
        .status()?;
    if !status.success() {
        println!("the programs are in {}", folder.display());
    } else if !options.keep {
        fs::remove_dir_all(&folder)?;
    }
    Ok(status.success())
}

fn programs(options: &Options) -> Vec<Program> {
    let numbers = 0..options.programs;
    let mut programs = Vec::new();
    for seed in options.seeds.clone() {
        for number in numbers.clone() {
            if options.only.is_none_or(|only| only == number) {
                programs.push(program(seed, number, &options.without));
            }
        }
    }
    programs
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project::workspace().join("target"), PathBuf::from)
}
