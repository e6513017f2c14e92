//! The checkpoint row: append-only, at once the position, the history and the rollback plan of a
//! run.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::StoredError;
use super::id::{Part, Seq};
use super::present::present;
use super::timestamp::Timestamp;
use crate::codec::Stored;

/// Which way a run was going when the row was written. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Direction {
    /// The body was running.
    Forward = 1,
    /// Compensations were running.
    Undo = 2,
}

/// What a row says. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum RowKind {
    /// An await point was reached (forward), or a compensation is about to run (undo).
    Await = 1,
    /// An attempt at the operation of the same `seq` failed and another will follow.
    Attempt = 2,
    /// The body failed: from here on the run rolls back.
    Turn = 3,
    /// The run ended, or got stuck.
    End = 4,
    /// An operator retried, skipped or resolved a stuck compensation, resolved a run that failed past
    /// its pivot, or had a run undone. As a part of a row: what he did while the run stood there.
    Operator = 5,
    /// What became of the operation of the same `seq`, written by its own transaction.
    Outcome = 6,
}

/// One row of the `checkpoint` table, keyed by run, `seq` and `part`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointRow {
    /// The position in the run.
    pub seq: Seq,
    /// The part of that position.
    pub part: Part,
    /// Which way the run was going.
    pub direction: Direction,
    /// What the row says.
    pub kind: RowKind,
    /// The stable name of the await point; empty where there is none.
    pub point: String,
    /// The operation about to run: the stored name of a step, of a rollback, or `scoop::sleep`.
    pub operation: Option<String>,
    /// The arguments of that operation, encoded as an array. For an undo row: an [`Undoes`].
    pub arguments: Option<Stored>,
    /// The live locals, and what the operation promised, encoded as a [`StoredFrame`](super::slots::StoredFrame).
    pub frame: Option<Stored>,
    /// What became of the operation before this row (or, for an attempt, of that attempt, and for
    /// an outcome row of the operation itself), encoded as a [`StoredOutcome`].
    pub outcome: Option<Stored>,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// What became of an operation, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoredOutcome {
    /// It returned a value (for a step that returns a `Result`: the value in `Ok`).
    Done(Box<RawValue>),
    /// It returned `Err`: it did not happen.
    Failed(StoredError),
    /// Nobody knows: the process died, it panicked, or it ran out of time.
    Unknown(StoredError),
    /// It was a compensation that an operator skipped, for the reason given.
    Skipped(String),
    /// It was a compensation that an operator did by hand, or all that a run left that failed past
    /// its pivot; for the reason given.
    Resolved(String),
}

/// One failed attempt, as it is stored in an attempt row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredAttempt {
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// Whether the outcome of this or of an earlier attempt is unknown. Doubt is sticky: only
    /// success settles it.
    pub doubt: bool,
    /// What went wrong.
    pub error: StoredError,
    /// When the next attempt may begin.
    pub next_at: Timestamp,
}

/// What an undo row undoes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Undoes {
    /// The forward row whose operation is undone.
    pub seq: Seq,
    /// Which one of the operations that were awaited at once there.
    #[serde(default, skip_serializing_if = "Part::is_main")]
    pub part: Part,
    /// What the operation returned; none where its outcome is unknown.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub output: Option<Box<RawValue>>,
}
