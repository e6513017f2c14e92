//! The run row: the small mutable record of one execution of a saga.

use serde::{Deserialize, Serialize};

use super::id::{RunId, Seq, WorkerName};
use super::timestamp::Timestamp;
use crate::codec::Stored;

/// What became of a run so far. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i16)]
pub enum RunStatus {
    /// Runs forward, or waits for something, or will start later.
    Running = 1,
    /// Has failed and is being undone.
    RollingBack = 2,
    /// A compensation failed for good: an operator has to retry, skip or resolve it. Or the saga
    /// failed past its pivot, and nothing is undone: an operator has to resolve it.
    Stuck = 3,
    /// Returned `Ok`.
    Completed = 4,
    /// Failed, and all that had to be undone is undone; or it failed past its pivot, and an operator
    /// finished by hand what it left.
    RolledBack = 5,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::RollingBack,
        Self::Stuck,
        Self::Completed,
        Self::RolledBack,
    ];

    /// Whether nothing will happen to the run any more by itself or by an operator.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::RolledBack)
    }

    /// Whether a worker has work to do on the run.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::RollingBack)
    }

    /// The status that is stored as `number`.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| *status as i64 == number)
    }

    /// The word for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::RollingBack => "rolling back",
            Self::Stuck => "stuck",
            Self::Completed => "completed",
            Self::RolledBack => "rolled back",
        }
    }
}

impl std::fmt::Display for RunStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A run that is not stored yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// The id it will have.
    pub id: RunId,
    /// The stored name of its saga.
    pub saga: String,
    /// The id given by the caller; unique within the saga.
    pub key: Option<String>,
    /// The saga's arguments, encoded as an array.
    pub input: Stored,
    /// When the body may run first; at once where there is none.
    pub wake_at: Option<Timestamp>,
    /// Whether the worker that writes it works on it; if not, any worker may claim it.
    pub owned: bool,
    /// The run that awaits it, where that is one.
    pub parent: Option<RunId>,
    /// How many runs are above it.
    pub depth: u16,
    /// How urgent it is: the greater, the earlier it is claimed.
    pub priority: i8,
    /// The queue of which it is; of its runs only so many run at once.
    pub queue: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One row of the `run` table.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// The run.
    pub id: RunId,
    /// The stored name of its saga.
    pub saga: String,
    /// The id given by the caller; unique within the saga.
    pub key: Option<String>,
    /// The saga's arguments, encoded as an array.
    pub input: Stored,
    /// What became of it so far.
    pub status: RunStatus,
    /// The worker that runs it.
    pub owner: Option<WorkerName>,
    /// The life of that worker.
    pub epoch: i64,
    /// Not to be continued before this moment: a timer, a retry, a later start.
    pub wake_at: Option<Timestamp>,
    /// How many runs below it waits for in the store, as nobody's run: it is due when one of them ends.
    pub pending_children: i64,
    /// Why it is to be cancelled, where somebody asked for that; empty where no reason was given.
    pub cancel: Option<String>,
    /// Its newest checkpoint.
    pub seq: Seq,
    /// What the body returned: the saga's `Ok` value. Only when completed.
    pub output: Option<Stored>,
    /// Why it failed, with what became of each compensation. From the moment it fails.
    pub failure: Option<Stored>,
    /// The run that awaits it, where that is one.
    pub parent: Option<RunId>,
    /// How many runs are above it.
    pub depth: u16,
    /// How urgent it is: the greater, the earlier it is claimed.
    pub priority: i8,
    /// The queue of which it is; of its runs only so many run at once.
    pub queue: Option<String>,
    /// Whether it waits in its worker's memory for a run below, or is parked there, and so has no place
    /// in its queue.
    pub absent: bool,
    /// How often a worker died that had it.
    pub lost: u16,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it reached a final status.
    pub finished_at: Option<Timestamp>,
}

/// What a commit changes in a run row; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunUpdate {
    /// Applies only while the run has this status; otherwise the whole commit is
    /// [`Stale`](super::commit::Committed::Stale).
    pub expect: Option<RunStatus>,
    /// Applies only while nobody has asked to cancel the run; otherwise the whole commit is
    /// [`Stale`](super::commit::Committed::Stale), too.
    pub unless_cancelled: bool,
    /// The new status.
    pub status: Option<RunStatus>,
    /// The new moment to wake at; `Some(None)` clears it.
    pub wake_at: Option<Option<Timestamp>>,
    /// The saga's `Ok` value.
    pub output: Option<Stored>,
    /// Why it failed.
    pub failure: Option<Stored>,
    /// When it reached a final status.
    pub finished_at: Option<Timestamp>,
    /// Whose the run is from now on: the worker's that writes this, or, where false, nobody's, so
    /// that any worker may claim it.
    pub owned: Option<bool>,
    /// Asks to cancel the run, for this reason. The first reason stays. A run that nobody has, and that
    /// waits for a moment, is due at once.
    pub cancel: Option<String>,
    /// Whether the writer gives the run up: from now on it is nobody's, unless somebody else has it
    /// already. Comes before `owned`.
    pub released: bool,
    /// Whether the run has no place in its queue from now on, although a worker has it.
    pub absent: Option<bool>,
}
