//! The tests that talk to PostgreSQL, on its newest version: npm has a package of its programs.

use std::path::Path;
use std::process::Command;

use crate::run;

/// Where the package goes, and is found again.
const FOLDER: &str = "target/postgres-newest";

/// Tests that make databases of their own. Those of `crash` send no other statements, and take long.
const TARGETS: &[&str] = &[
    "durable",
    "engine",
    "faults",
    "transaction_postgres",
    "workers",
];

/// Installs it where that is needed and possible, and runs the tests on it. Where npm is missing, or
/// has no such package for this machine, says so and leaves them out.
pub(crate) fn test() -> bool {
    let Some(programs) = programs() else {
        let package = package();
        println!("== not run: the newest PostgreSQL: `npm install {package}` does not work here");
        return true;
    };
    let vars = [
        ("SCOOP_PG_BIN", programs.as_str()),
        // Not the server that others use.
        (scoop_testserver::VARIABLE, ""),
    ];
    let mut sagas = vec!["test", "-p", "scoop-saga", "--no-fail-fast"];
    sagas.extend(TARGETS.iter().flat_map(|target| ["--test", target]));
    // Other stores do not care which PostgreSQL there is.
    sagas.extend(["--", "--skip", "memory::", "--skip", "sqlite::"]);
    let store = run::cargo(
        &[
            "test",
            "-p",
            "scoop-runtime",
            "--all-features",
            "--lib",
            "postgres",
        ],
        &vars,
    );
    run::cargo(&sagas, &vars) && store
}

/// The package for this machine; npm names processors and systems in its own way.
fn package() -> String {
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("@embedded-postgres/{system}-{processor}")
}

/// The folder of the programs.
fn programs() -> Option<String> {
    let folder = std::env::current_dir().ok()?.join(FOLDER);
    let programs = folder
        .join("node_modules")
        .join(package())
        .join("native/bin");
    if version(&programs).is_none() {
        std::fs::create_dir_all(&folder).ok()?;
        let (package, folder) = (package(), folder.to_str()?);
        run::succeeds(&["npm", "install", "--prefix", folder, &package]);
    }
    println!("== on {}", version(&programs)?);
    programs.to_str().map(ToOwned::to_owned)
}

/// What the server says that it is; nothing where it does not run.
fn version(programs: &Path) -> Option<String> {
    let mut server = Command::new(programs.join("postgres"));
    let said = server.arg("--version").output().ok()?;
    if !said.status.success() {
        return None;
    }
    Some(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
