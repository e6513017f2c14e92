//! What one run writes at once, and what the store answers.

use super::checkpoint::CheckpointRow;
use super::id::RunId;
use super::run::{NewRun, RunRow, RunUpdate};

/// All that one run writes in one commit. A batch of these, of different runs, shares a
/// transaction; each takes effect wholly or not at all.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The run that writes.
    pub run: RunId,
    /// The run row, where this is the run's first commit.
    pub create: Option<NewRun>,
    /// What changes in the run row.
    pub update: RunUpdate,
    /// The rows to append. Appending a row that is there already does nothing, so a commit can be
    /// sent again when its answer was lost.
    pub rows: Vec<CheckpointRow>,
}

/// What became of one [`Commit`].
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    /// It is durable.
    Stored,
    /// It is durable, and a run that waited in the store for this one is due now.
    StoredAndWoke,
    /// It wanted to create a run under a key that another run has; nothing was written.
    KeyTaken(Box<RunRow>),
    /// The run did not have the expected status, or was not to be cancelled and is, or does not
    /// exist; nothing was written.
    Stale,
}
