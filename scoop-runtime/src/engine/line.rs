//! A line of rows: those of a run, or those of an `async` block in it. Each row has the outcome of the operation
//! before it.

use super::history::PendingRow;
use crate::protocol::checkpoint::{CheckpointRow, StoredOutcome};
use crate::protocol::id::{Part, Seq};
use crate::protocol::slots::SlotTable;

/// Where a line of rows stands.
#[derive(Debug)]
pub(super) struct Line {
    /// The block whose rows these are, and how many there are of them; of the run none.
    block: Option<(Part, i64)>,
    /// The position in the run.
    pub(super) seq: Seq,
    pub(super) table: SlotTable,
    /// What became of the last operation, to be written with the next row.
    pub(super) outcome: Option<StoredOutcome>,
    /// The operation that was under way when this was stored.
    pub(super) pending: Option<PendingRow>,
}

impl Line {
    /// Of a run.
    pub(super) const fn of_run(seq: Seq, table: SlotTable, pending: Option<PendingRow>) -> Self {
        Self {
            block: None,
            seq,
            table,
            outcome: None,
            pending,
        }
    }

    /// Of a block, of which there are so many rows.
    pub(super) fn of_block(
        block: &CheckpointRow,
        rows: i64,
        table: SlotTable,
        pending: Option<PendingRow>,
    ) -> Self {
        Self {
            block: Some((block.part.clone(), rows)),
            ..Self::of_run(block.seq, table, pending)
        }
    }

    /// The block whose rows these are.
    pub(super) fn block(&self) -> Option<&Part> {
        self.block.as_ref().map(|(block, _)| block)
    }

    /// Where the next row belongs.
    pub(super) fn next(&self) -> (Seq, Part) {
        match &self.block {
            None => (self.seq.next(), Part::main()),
            Some((block, rows)) => (self.seq, block.inside(rows + 1)),
        }
    }

    /// The position of a row in this line.
    pub(super) fn number(&self, row: &CheckpointRow) -> Seq {
        let block = self.block.as_ref();
        let number = block.and_then(|(block, _)| row.part.number_inside(block));
        number.map_or(row.seq, Seq)
    }

    /// These are in the store.
    pub(super) fn are_stored(&mut self, rows: &[CheckpointRow]) {
        let next = self.next();
        match &mut self.block {
            None => {
                let newest = rows.iter().map(|row| row.seq).max();
                if let Some(newest) = newest.filter(|newest| *newest > self.seq) {
                    self.seq = newest;
                    self.outcome = None;
                }
            }
            Some((_, count)) => {
                if rows.iter().any(|row| row.part == next.1) {
                    *count += 1;
                    self.outcome = None;
                }
            }
        }
    }
}
