//! What an await of several operations at once stores: all of them in the row of the await, and how
//! each ended in a row of its own.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::checkpoint::{CheckpointRow, RowKind, StoredOutcome};
use super::failure::StoredFailure;
use super::id::Part;
use super::promise::Promise;
use crate::codec::{CodecError, Stored};

/// The names of the operations that are several at once. They are stored.
pub const JOIN: &str = "scoop::join";
/// The same for one that fails as soon as one of them does.
pub const TRY_JOIN: &str = "scoop::try_join";

/// The same for one that is over when one of them is.
pub const RACE: &str = "scoop::race";

/// What the stored name of an `async` block begins with that is one of several operations: its name among the
/// blocks of that await follows.
const BLOCK: &str = "scoop::";

/// The same for the name itself, `block` or `block (1 of 2)`.
const BLOCK_NAME: &str = "block";

/// What the row of such an await has for arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredBranches {
    /// How many of them are under way at once, at most.
    pub at_once: u32,
    /// What becomes of the others when one fails.
    #[serde(default, skip_serializing_if = "Others::go_on")]
    pub others: Others,
    /// What is awaited, in the order in which it is written.
    pub branches: Vec<StoredBranch>,
}

/// What becomes of the other branches when one fails, or ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// All of them are awaited.
    #[default]
    GoOn,
    /// Those that have not begun do not begin; those under way are awaited.
    DoNotBegin,
    /// The same, and those that wait, or can be cancelled, end.
    AreCancelled,
    /// When one ends, however it does, those that wait, or can be cancelled, end.
    EndWithTheFirst,
    /// The same, and those that are done all the same are undone.
    LoseToTheFirst,
}

impl Others {
    /// Whether all of them are awaited.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the shape that serde wants"
    )]
    const fn go_on(&self) -> bool {
        matches!(self, Self::GoOn)
    }

    /// Whether the others are not to begin, or to end, after one that ended like this.
    #[must_use]
    pub const fn stop_after(self, failed: bool) -> bool {
        match self {
            Self::GoOn => false,
            Self::DoNotBegin | Self::AreCancelled => failed,
            Self::EndWithTheFirst | Self::LoseToTheFirst => true,
        }
    }

    /// Whether an `async` block that ends because of another one is undone: one against others that is past its
    /// pivot goes on.
    #[must_use]
    pub const fn may_lose(self) -> bool {
        matches!(self, Self::EndWithTheFirst | Self::LoseToTheFirst)
    }

    /// What those are told that end because of another one.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::GoOn | Self::DoNotBegin | Self::AreCancelled => {
                "cancelled: another operation beside it failed"
            }
            Self::EndWithTheFirst => "cancelled: its time was over",
            Self::LoseToTheFirst => "cancelled: another one was faster",
        }
    }
}

/// One of several operations.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredBranch {
    /// The stored name of the operation: of an `async` block `scoop::block`, or `scoop::block (1 of 2)`.
    pub operation: String,
    /// Its arguments; of an `async` block, what it captures.
    pub arguments: Box<RawValue>,
    /// What it promised about being undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Promise>,
}

/// What the row of the end of one of them has for arguments; where a transaction wrote the row, nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredEnd {
    /// As which of them it ended, from 0. A clock would not tell.
    pub order: usize,
    /// Why it has no value, or none but an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<StoredFailure>,
    /// Of an `async` block: what became of the last operation in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<StoredOutcome>,
}

/// Whether the operation of this name is several at once.
#[must_use]
pub fn is_several(operation: &str) -> bool {
    [JOIN, TRY_JOIN, RACE].contains(&operation)
}

/// The name of the `async` block among those of its await, if the operation of this name is one.
#[must_use]
pub fn block_name(operation: &str) -> Option<&str> {
    let name = operation.strip_prefix(BLOCK)?;
    let rest = name.strip_prefix(BLOCK_NAME)?;
    (rest.is_empty() || rest.starts_with(" (")).then_some(name)
}

/// The row of one of the operations of this row: it is not stored as such.
///
/// # Errors
/// When its promise cannot be encoded.
pub fn row_of(
    row: &CheckpointRow,
    number: usize,
    branch: &StoredBranch,
) -> Result<CheckpointRow, CodecError> {
    /// As much of a frame as such a row has.
    #[derive(Serialize)]
    struct Promised<'a> {
        promise: &'a Promise,
    }
    let promise = branch.promise.as_ref();
    let frame = promise.map(|promise| Stored::encode(&Promised { promise }));
    Ok(CheckpointRow {
        part: row.part.branch(number),
        kind: RowKind::Await,
        operation: Some(branch.operation.clone()),
        arguments: Some(Stored::from_json(branch.arguments.get())),
        frame: frame.transpose()?,
        outcome: None,
        ..row.clone()
    })
}

impl Part {
    /// The operation with this number (from 0) of those that are awaited at once here.
    #[must_use]
    pub fn branch(&self, number: usize) -> Self {
        if self.is_main() {
            Self(number.to_string())
        } else {
            Self(format!("{}.{number}", self.0))
        }
    }
}
