//! A process of the example.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;

use crate::example;
use crate::order::Order;
use crate::process::Process;

/// One process; what it says goes to a file beside its orders.
pub(crate) struct Worker {
    pub(crate) name: String,
    process: Process,
    said: PathBuf,
}

/// What one process is to do.
pub(crate) struct Task<'a> {
    pub(crate) url: &'a str,
    pub(crate) orders: &'a Path,
    pub(crate) lease: u32,
}

impl Worker {
    pub(crate) fn start(task: &Task<'_>, name: &str) -> Self {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| example::built("checkout"));
        let said = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let said = said.keep().unwrap();
        let file = File::create(&said).unwrap();
        let mut command = Command::new(program);
        command
            .arg(task.orders)
            .args(["--worker", name, "--lease", &task.lease.to_string()])
            .env("DATABASE_URL", task.url)
            .env("RUST_BACKTRACE", "0")
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        let process = Process::start(&mut command);
        Self {
            name: name.to_owned(),
            process: process.unwrap(),
            said,
        }
    }

    pub(crate) fn stop(&self) {
        self.process.pause().unwrap();
    }

    pub(crate) fn go_on(&self) {
        self.process.go_on().unwrap();
    }

    /// Ends it at once. False when it had ended before.
    pub(crate) fn kill(&mut self) -> bool {
        self.process.kill().unwrap()
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended().unwrap()
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.said));
    }
}

/// A file with these orders.
pub(crate) fn file(directory: &Path, name: &str, orders: &[Order]) -> PathBuf {
    let lines = orders
        .iter()
        .map(|order| serde_json::to_string(order).unwrap() + "\n");
    let path = directory.join(name);
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    path
}
