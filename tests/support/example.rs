//! An example of this package, run as a process.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The example's binary, beside this test's own. Built here: `cargo test --all-targets` builds
/// examples as tests.
pub(crate) fn built(name: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
    let own = std::env::current_exe().unwrap();
    let target = own.parent().and_then(Path::parent).unwrap();
    target.join("examples").join(name)
}
