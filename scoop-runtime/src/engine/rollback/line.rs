//! The rows of a rollback: of a run they come after all others of it; of an `async` block that lost a race they
//! stand beside the row of that, because the run goes on.

use std::collections::HashMap;

use super::super::Trouble;
use super::super::done::{self, Done};
use super::super::undone::{Undone, undone};
use super::super::waits::Waits;
use super::Undoing;
use crate::protocol::checkpoint::{CheckpointRow, Undoes};
use crate::protocol::failure::Compensation;
use crate::protocol::id::{Part, RunId, Seq};

/// Whose rows they are.
#[derive(Clone, Debug)]
pub(super) enum Line<'e> {
    OfRun,
    OfBlock {
        /// The row of the race.
        seq: Seq,
        block: Part,
        /// What the run waits for meanwhile.
        waits: &'e Waits,
    },
}

impl<'e> Line<'e> {
    pub(super) fn of_block((seq, block): &(Seq, Part), waits: &'e Waits) -> Self {
        let (seq, block) = (*seq, block.clone());
        Self::OfBlock { seq, block, waits }
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
            Self::OfBlock { seq, block, .. } => {
                let number = row.part.number_of_undo(block).map(Seq);
                number.filter(|_| row.seq == *seq)
            }
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

impl Undoing<'_> {
    /// Reads where it has come to.
    pub(super) fn read_line(&mut self) -> Result<(), Trouble> {
        let (run, rows, line) = (self.run, &self.rows, &self.line);
        let numbered = rows.iter().filter_map(|row| Some((line.number(row)?, row)));
        let newest = numbered.max_by_key(|(number, _)| *number);
        let undone = undone(run, rows, |row| line.number(row))?;
        // Of many it is known which is which with one look at all.
        let done = match undone.is_empty() {
            true => Vec::new(),
            false => done::ever(run, rows)?,
        };
        let steps = done.into_iter();
        let steps: HashMap<_, _> = steps
            .map(|done| ((done.seq, done.part), done.operation))
            .collect();
        let compensation = |undone: Undone| {
            let Undoes { seq, part, output } = undone.undoes;
            let place = (seq, part);
            let step = steps.get(&place).cloned().unwrap_or_default();
            let (seq, part) = place;
            Compensation {
                seq,
                part,
                unknown: output.is_none() && step != undone.rollback,
                step,
                rollback: undone.rollback,
                result: undone.result,
            }
        };
        self.compensations = undone.into_iter().map(compensation).collect();
        self.newest = newest.map(|(_, row)| row.clone());
        Ok(())
    }
}
