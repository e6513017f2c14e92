//! Writes the crate that holds the generated programs: one crate a call, one module a seed.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use crate::generate::Program;
use crate::options::Options;

const PLAIN_FILES: [(&str, &str); 3] = [
    ("main.rs", include_str!("../template/main.rs")),
    ("kit.rs", include_str!("../template/kit.rs")),
    ("plan.rs", include_str!("../template/plan.rs")),
];

const SAGA_FILES: [(&str, &str); 2] = [
    ("check.rs", include_str!("../template/check.rs")),
    ("harness.rs", include_str!("../template/harness.rs")),
];

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .expect("the crate is in the workspace")
        .to_owned()
}

/// Writes the crate into `folder`; answers the stamp of its programs, which its binary wants to be
/// called with: so a binary that cargo took from an earlier build is found out.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, programs: &[Program], options: &Options) -> io::Result<String> {
    let source = folder.join("src");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir_all(&source)?;
    fs::write(folder.join("Cargo.toml"), manifest(options))?;
    for (name, text) in PLAIN_FILES {
        fs::write(source.join(name), text)?;
    }
    if !options.plain_only {
        // The same versions as the workspace, so that nothing is built or fetched anew.
        fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        for (name, text) in SAGA_FILES {
            fs::write(source.join(name), text)?;
        }
    }
    let list = list(programs, options.plain_only);
    let stamp = stamp(&list);
    fs::write(
        source.join("programs.rs"),
        format!(
            "{list}
pub const STAMP: &str = {stamp:?};
"
        ),
    )?;
    fs::create_dir_all(source.join("programs"))?;
    for seed in options.seeds.clone() {
        let text = module(
            programs.iter().filter(|program| program.seed == seed),
            options.plain_only,
        );
        fs::write(source.join(format!("programs/seed_{seed}.rs")), text)?;
    }
    Ok(stamp)
}

/// The name of the generated crate. Cargo keeps the builds of crates apart by their names, not by
/// their folders.
#[must_use]
pub fn name(options: &Options) -> String {
    let half = if options.plain_only { "plain" } else { "saga" };
    let (first, last) = (options.seeds.start(), options.seeds.end());
    format!("scoop-fuzz-{half}-{first}-{last}")
}

fn stamp(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn manifest(options: &Options) -> String {
    let head = format!(
        "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[profile.dev]\ndebug = false\nincremental = false\n\n",
        name(options)
    );
    if options.plain_only {
        return format!("{head}[features]\nsaga = []\n");
    }
    format!(
        "{head}[features]\ndefault = [\"saga\"]\nsaga = []\n\n[dependencies]\n\
         scoop = {{ package = \"scoop-saga\", path = {:?}, default-features = false, features = [\"macros\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = {{ version = \"1\", features = [\"full\", \"test-util\"] }}\n",
        workspace()
    )
}

/// A module with the programs of one seed, in their two lives.
fn module<'a>(programs: impl Iterator<Item = &'a Program>, plain_only: bool) -> String {
    let mut plain = String::from("pub mod plain {\nuse crate::kit::{*, plain::*};\n");
    let mut saga = String::from("pub mod saga {\nuse crate::kit::{*, durable::*};\n");
    for program in programs {
        plain.push_str(&program.source);
        saga.push_str("#[scoop::saga]\n");
        saga.push_str(&program.source);
    }
    if plain_only {
        format!("{plain}}}\n")
    } else {
        format!("{plain}}}\n\n{saga}}}\n")
    }
}

/// The list of all programs.
fn list(programs: &[Program], plain_only: bool) -> String {
    let mut text = String::from("use crate::{Case, Input};\n");
    let mut last = None;
    for program in programs {
        if last.replace(program.seed) != Some(program.seed) {
            let _ = writeln!(text, "mod seed_{};", program.seed);
        }
    }
    text.push_str("\npub const ALL: &[Case] = &[\n");
    for program in programs {
        let Program {
            seed,
            number,
            source,
            lines,
            ..
        } = program;
        let call = |half| format!("seed_{seed}::{half}::g{number}(t, i.a, i.b, i.order, i.names)");
        let _ = writeln!(
            text,
            "Case {{ seed: {seed}, number: {number}, source: {source:?}, lines: &{lines:?},\nplain: |t, i| Box::pin({}),",
            call("plain")
        );
        if !plain_only {
            let saga = call("saga");
            let _ = writeln!(
                text,
                "saga: |t, i, crash, shelf| crate::harness::run_saga({saga}, crash, shelf),"
            );
        }
        text.push_str("},\n");
    }
    text.push_str("];\n");
    text
}
