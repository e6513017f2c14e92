//! Why a run failed, as it is stored and as it travels.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::{Part, RunId, Seq};
use super::present::present;
use super::timestamp::Timestamp;

/// An error as it is stored: always as text, and as a value where it can be encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredError {
    /// The Rust type of the error, for people and for `find`.
    pub type_name: String,
    /// The error's own message.
    pub message: String,
    /// The messages of its `source()` chain, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The error itself, where its type can be encoded.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub value: Option<Box<RawValue>>,
}

impl StoredError {
    /// What the engine says where there is no error of the user's.
    #[must_use]
    pub fn of_engine(message: impl Into<String>) -> Self {
        Self {
            type_name: "scoop".to_owned(),
            message: message.into(),
            sources: Vec::new(),
            value: None,
        }
    }
}

/// Where in a run something failed.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hop {
    /// The stored name of the saga.
    pub saga: String,
    /// The run.
    pub run: RunId,
    /// The await point; none where the body itself failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// What was awaited there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The file of the await point, as the compiler names it.
    pub file: String,
    /// The line of the await point.
    pub line: u32,
    /// The attempt that failed, from 1; 0 where nothing was attempted.
    pub attempt: u32,
    /// When it failed.
    pub at: Timestamp,
}

/// What kind of trouble ended the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The body returned `Err`.
    Error,
    /// A step or a body panicked.
    Panic,
    /// A step ran out of time.
    Timeout,
    /// The arguments of a step, or the locals at an await point, were larger than the limit.
    TooLarge,
    /// The arguments of a step, or a local, cannot be written as JSON and read back.
    Unstorable,
    /// There are more runs above a saga that was to be awaited than the limit allows.
    TooDeep,
    /// More operations were to be awaited at once than the limit allows.
    TooWide,
    /// Somebody cancelled it, or the saga that awaited it.
    Cancelled,
    /// It took longer than its deadline.
    Deadline,
    /// It had returned `Ok`, and was undone with the saga that awaited it.
    Undone,
    /// It had returned `Ok`, and an operator had it undone.
    UndoneByHand,
}

/// Why a run failed: the error, where it happened, and what became of each compensation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredFailure {
    /// What kind of trouble it was.
    pub kind: FailureKind,
    /// The error with which the saga ended.
    pub error: StoredError,
    /// The error of the operation that caused it, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<StoredError>,
    /// Where it failed; nowhere, where only the error is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Hop>,
    /// Why the saga failed that was awaited there, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Box<Self>>,
    /// The row whose operation is in doubt, where the failure left one so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Seq>,
    /// Failures before this one that the body went on from, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preceded_by: Vec<Earlier>,
    /// What became of each compensation, in the order in which they ran: told when the run has ended, or is stuck.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensations: Vec<Compensation>,
    /// How an operator finished by hand what a run left that failed past its pivot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// What could not be undone, where the run has not failed: it goes on when that is dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loser: Option<Loser>,
}

/// An `async` block that lost a race.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Loser {
    /// The row of the race.
    pub seq: Seq,
    /// Which one of the operations that were awaited at once there.
    pub part: Part,
}

impl StoredFailure {
    /// A failure at one place. What preceded it is added where it ends the run, so that one which is
    /// caught and kept does not carry all others.
    #[must_use]
    pub fn new(kind: FailureKind, error: StoredError, hop: Hop) -> Self {
        Self {
            kind,
            error,
            cause: None,
            hop: Some(hop),
            below: None,
            doubt: None,
            preceded_by: Vec::new(),
            compensations: Vec::new(),
            resolved: None,
            loser: None,
        }
    }

    /// The failures of the sagas that led here, this one first.
    pub fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |failure| failure.below.as_deref())
    }
}

/// A failure that the body went on from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Earlier {
    /// Where.
    pub hop: Hop,
    /// What.
    pub error: StoredError,
    /// Why the saga failed that was awaited there, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Box<StoredFailure>>,
}

/// What became of one compensation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Compensation {
    /// The forward row whose operation it undoes.
    pub seq: Seq,
    /// Which one of the operations that were awaited at once there.
    #[serde(default, skip_serializing_if = "Part::is_main")]
    pub part: Part,
    /// The stored name of the step.
    pub step: String,
    /// The stored name of the rollback. A saga that was awaited is its own.
    pub rollback: String,
    /// Whether the rollback was told that nobody knows whether the step happened.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unknown: bool,
    /// What became of it.
    pub result: CompensationResult,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde wants"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How a compensation ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CompensationResult {
    /// The rollback returned `Ok`, at this attempt.
    Undone {
        /// From 1.
        attempt: u32,
    },
    /// The rollback failed for good, at this attempt; the run is stuck.
    Failed {
        /// From 1.
        attempt: u32,
        /// What it said last.
        error: StoredError,
    },
    /// An operator left it undone.
    Skipped {
        /// Why.
        reason: String,
    },
    /// An operator undid it by hand.
    Resolved {
        /// How, or why.
        reason: String,
    },
}
