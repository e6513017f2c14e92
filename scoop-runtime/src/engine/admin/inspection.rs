//! What is known of one run.

use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, StoredAttempt};
use crate::protocol::id::{Part, RunId, Seq, WorkerName};
use crate::protocol::run::{RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;

/// One run: made by [`Admin::inspect`](super::Admin::inspect). Its `Display` is a report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The run.
    pub run: RunRow,
    /// Who has to do something before it goes on.
    pub waits: Waits,
    /// The operations that it awaits; of several at once, those that have begun and not ended.
    pub awaits: Vec<Awaited>,
    /// The locals that are stored where it stands, on its way forward.
    pub locals: Vec<Local>,
    /// The `async` blocks that have begun there and not ended, each before those that stand in it.
    pub blocks: Vec<Block>,
    /// What would be undone if it failed now, in this order; `Err` says why it cannot be.
    pub plan: Result<Vec<Undoable>, String>,
    /// The runs that it awaits or awaited, and those below them, each behind the one that awaited it;
    /// a thousand at most.
    pub below: Vec<RunRow>,
    /// All that it did so far, oldest first.
    pub rows: Vec<CheckpointRow>,
}

/// Who has to do something before a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Waits {
    /// Nobody: it has ended.
    Ended,
    /// An operator: it is stuck.
    Operator,
    /// A build that can continue it: it is parked in this process, for this reason.
    Build(String),
    /// A worker with room for it, from this moment on.
    Worker(Option<Timestamp>),
    /// The runs below it: it waits for them in the store. A worker looks at this moment at the latest.
    Below(Option<Timestamp>),
    /// This worker, which has it.
    Work(WorkerName),
}

/// An operation that a run awaits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Awaited {
    /// The position of its row.
    pub seq: Seq,
    /// Which one of several that are awaited at once.
    pub part: Part,
    /// The name of the await.
    pub point: String,
    /// Its stored name; of a compensation, that of the rollback.
    pub operation: String,
    /// Since when it is awaited.
    pub since: Timestamp,
    /// What it waits for itself.
    pub until: Until,
}

/// What an operation waits for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Until {
    /// To be done: by the worker that has the run.
    Done,
    /// Another attempt, after this one.
    Attempt(StoredAttempt),
    /// A moment.
    Time(Timestamp),
    /// A run below, which has this status.
    Run(RunId, RunStatus),
    /// An operator: it failed for good, and the run is stuck as soon as what stands beside it has ended.
    Operator,
}

/// A local that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Local {
    /// Its name in the saga.
    pub name: String,
    /// Its value.
    pub json: String,
}

/// What the name of a local begins with that keeps what a parameter refers to.
const OWNED: &str = "__owned_";

impl Local {
    pub(super) fn new(name: &str, json: &str) -> Self {
        // What stands for a parameter that is a reference has its name, as people know it.
        let name = name.strip_prefix(OWNED).unwrap_or(name).to_owned();
        let json = json.to_owned();
        Self { name, json }
    }
}

/// An `async` block that is under way beside other operations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// The position of its rows.
    pub seq: Seq,
    /// Which one of the operations that are awaited at once there.
    pub part: Part,
    /// Its newest await; none before it has come to its first.
    pub stands: Option<Stand>,
}

/// Where an `async` block stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stand {
    /// Which part of the row the await is.
    pub part: Part,
    /// The name of the await.
    pub point: String,
    /// The locals of the block that are stored there.
    pub locals: Vec<Local>,
}

/// Something that would be undone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Undoable {
    /// The position of its row.
    pub seq: Seq,
    /// Which one of several that were awaited at once.
    pub part: Part,
    /// The stored name of the step or saga.
    pub operation: String,
    /// The stored name of its rollback; none of a saga, which knows itself.
    pub rollback: Option<String>,
    /// The arguments.
    pub arguments: Option<Stored>,
}
