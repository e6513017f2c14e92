//! A process of the example.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};

use crate::example;
use crate::order::Order;

/// One process; what it says goes to a file beside its orders.
pub(crate) struct Worker {
    pub(crate) name: String,
    child: Child,
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
        let child = Command::new(program)
            .arg(task.orders)
            .args(["--worker", name, "--lease", &task.lease.to_string()])
            .env("DATABASE_URL", task.url)
            .env("RUST_BACKTRACE", "0")
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn();
        Self {
            name: name.to_owned(),
            child: child.unwrap(),
            said,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends it at once. False when it had ended before.
    pub(crate) fn kill(&mut self) -> bool {
        if self.ended().is_some() {
            return false;
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        true
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
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

/// An xorshift: the same numbers for the same seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % most as u64).unwrap()
    }
}
