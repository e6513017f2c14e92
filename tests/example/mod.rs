//! The examples as programs of their own.

use std::path::PathBuf;
use std::process::Command;

/// An example's binary, beside the test's own. Built here: `cargo test --all-targets` builds
/// examples as tests.
pub(crate) fn built(name: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    let own = std::env::current_exe().unwrap();
    let directory = own.parent().unwrap().parent().unwrap();
    directory.join("examples").join(name)
}
