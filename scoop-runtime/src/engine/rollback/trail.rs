//! The rows of a rollback: of a run they come after all others of it; of an `async` block that lost a race they
//! stand beside the row of that, because the run goes on.

use super::super::Trouble;
use super::super::done::{self, Done};
use super::super::execution::Execution;
use super::super::undone::number_beside;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::id::{Part, RunId, Seq};

/// Whose rows they are.
#[derive(Clone)]
pub(super) enum Trail<'e> {
    OfRun,
    OfBlock {
        /// The row of the race.
        seq: Seq,
        block: Part,
        /// The run that goes on.
        execution: &'e Execution,
    },
}

impl<'e> Trail<'e> {
    pub(super) fn of_block((seq, block): &(Seq, Part), execution: &'e Execution) -> Self {
        Self::OfBlock {
            seq: *seq,
            block: block.clone(),
            execution,
        }
    }

    pub(super) const fn is_of_run(&self) -> bool {
        matches!(self, Self::OfRun)
    }

    /// Where the row with this number belongs.
    pub(super) fn at(&self, number: Seq) -> (Seq, Part) {
        match self {
            Self::OfRun => (number, Part::main()),
            Self::OfBlock { seq, block, .. } => (*seq, block.undo(number.0)),
        }
    }

    /// The number of a row among these, if it is one of them.
    pub(super) fn number(&self, row: &CheckpointRow) -> Option<Seq> {
        match self {
            Self::OfRun => row.part.is_main().then_some(row.seq),
            Self::OfBlock { seq, block, .. } => number_beside((*seq, block), row),
        }
    }

    /// What may have to be undone, oldest first.
    pub(super) fn done(&self, run: RunId, rows: &[CheckpointRow]) -> Result<Vec<Done>, Trouble> {
        match self {
            Self::OfRun => done::done(run, rows),
            Self::OfBlock { seq, block, .. } => done::done_in(run, rows, (*seq, block)),
        }
    }
}
