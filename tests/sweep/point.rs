//! The points of a life at which it may be killed.

use std::fmt;
use std::str::FromStr;

/// Where a process dies: at the commit, or the effect, with this number in its life (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Never,
    BeforeCommit(u64),
    AfterCommit(u64),
    BeforeEffect(u64),
    AfterEffect(u64),
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never 0"),
            Self::BeforeCommit(number) => write!(f, "before-commit {number}"),
            Self::AfterCommit(number) => write!(f, "after-commit {number}"),
            Self::BeforeEffect(number) => write!(f, "before-effect {number}"),
            Self::AfterEffect(number) => write!(f, "after-effect {number}"),
        }
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, number) = text.split_once(' ').ok_or(text)?;
        let number = number.parse().map_err(|_| text)?;
        Ok(match what {
            "never" => Self::Never,
            "before-commit" => Self::BeforeCommit(number),
            "after-commit" => Self::AfterCommit(number),
            "before-effect" => Self::BeforeEffect(number),
            "after-effect" => Self::AfterEffect(number),
            _ => return Err(text.to_owned()),
        })
    }
}

/// The process is gone.
pub(crate) fn die() -> ! {
    use rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}
