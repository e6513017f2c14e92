//! Generates, builds, runs, and says what came of it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use crate::generate::{Program, program};
use crate::options::Options;
use crate::{project, refused, table};

/// How often what was refused is left out and the rest built again.
const MOST_BUILDS: usize = 5;

/// How many programs may be refused, in percent, and in a short run: for the one known reason.
const MOST_REFUSED_PERCENT: usize = 1;
const MOST_REFUSED_ANYHOW: usize = 3;

/// The construct with the known reason: `Order { name, ..order }` after an await needs what is left
/// of `order`, and which fields that is cannot be seen from a saga's text; rustc says so (E0382)
/// where one was moved out before.
const STRUCT_BASE: &str = "struct base";

/// Does what the options say; answers whether all was well.
///
/// # Errors
/// When files cannot be written or cargo cannot be started.
pub fn run(options: &Options) -> io::Result<bool> {
    let mut programs = programs(options);
    if options.table {
        print!("{}", table::table(&programs));
    }
    let target = target();
    let folder = target.join("fuzz").join(project::name(options));
    let cargo = PathBuf::from(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let all = programs.len();
    let mut defects = 0;
    let mut stamp = project::write(&folder, &programs, options)?;
    for _ in 0..MOST_BUILDS {
        let Some(refused) = refused::build(&folder, &cargo, &target)? else {
            return Ok(false);
        };
        if refused.is_empty() {
            break;
        }
        for ((seed, number), codes) in &refused {
            let known = programs
                .iter()
                .filter(|program| (program.seed, program.number) == (*seed, *number))
                .any(|program| is_known(program, codes));
            let new = if known { "" } else { ", for no known reason" };
            println!("refused by the compiler: seed {seed}, program {number}{new}");
            defects += usize::from(!known);
        }
        if options.only.is_some() {
            println!("the program is in {}", folder.display());
            return Ok(false);
        }
        programs.retain(|program| !refused.contains_key(&(program.seed, program.number)));
        stamp = project::write(&folder, &programs, options)?;
    }
    let refused = all - programs.len();
    println!("{refused} of {all} programs were refused by the compiler");
    if defects > 0 {
        println!("{defects} of them for no known reason");
    }
    let most = MOST_REFUSED_ANYHOW.max(all * MOST_REFUSED_PERCENT / 100);
    if refused > most {
        println!("that is more than {most}");
    }
    if defects > 0 || refused > most {
        return Ok(false);
    }
    let status = Command::new(&cargo)
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

/// Whether a program may be refused with these errors.
fn is_known(program: &Program, codes: &BTreeSet<String>) -> bool {
    let moved = codes.iter().all(|code| code == refused::MOVED);
    moved && program.record.constructs.contains(STRUCT_BASE)
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
    programs.retain(|program| {
        let constructs = &program.record.constructs;
        options.with.iter().all(|name| constructs.contains(&**name))
    });
    programs
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project::workspace().join("target"), PathBuf::from)
}
