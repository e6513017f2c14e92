//! Undoes an `async` block that lost a race, while the run goes on.

use std::sync::Arc;

use super::super::waits::Waits;
use super::super::{Engine, Trouble};
use super::Undoing;
use super::line::Line;
use crate::protocol::checkpoint::{CheckpointRow, RowKind};
use crate::protocol::failure::{FailureKind, Loser, StoredError, StoredFailure};
use crate::protocol::id::{Part, Seq};

/// What became of a block that lost.
pub(in crate::engine) enum Undone {
    /// Nothing is left of it; or what it did stays.
    Over,
    /// A compensation failed for good: the row that says so, and what the run is stuck with.
    Stuck(Box<(CheckpointRow, StoredFailure)>),
    /// The run is no longer this worker's.
    Left,
}

/// Undoes the block of this row; not one that is past its pivot.
pub(in crate::engine) async fn undo_block(
    engine: &Arc<Engine>,
    waits: &Waits,
    block: &(Seq, Part),
    why: &str,
) -> Result<Undone, Trouble> {
    let mut undo = Undoing::of_loser(engine, waits, block, why).await?;
    if undo
        .newest
        .as_ref()
        .is_some_and(|row| row.kind == RowKind::End)
    {
        return Ok(Undone::Over);
    }
    if undo.is_past_pivot().await? {
        tracing::warn!(
            run = %waits.run, part = block.1.0,
            "an `async` block that lost a race is past its pivot: it is not undone"
        );
        return Ok(Undone::Over);
    }
    if undo.seq == Seq::NONE && undo.plan().await?.is_empty() {
        return Ok(Undone::Over);
    }
    if !undo.undo_all().await? {
        let stuck = undo.stuck.take();
        return Ok(match stuck {
            Some(row) => Undone::Stuck(Box::new((row, undo.told()))),
            None => Undone::Left,
        });
    }
    match undo.finish().await? {
        true => Ok(Undone::Over),
        false => Ok(Undone::Left),
    }
}

impl<'e> Undoing<'e> {
    async fn of_loser(
        engine: &'e Arc<Engine>,
        waits: &'e Waits,
        block: &(Seq, Part),
        why: &str,
    ) -> Result<Self, Trouble> {
        let row = engine.read(|| engine.store.run(waits.run)).await?;
        let row = row.ok_or_else(|| Trouble::NoRun(waits.run.to_string()))?;
        let error = StoredError::of_engine(why);
        let (seq, part) = block.clone();
        let failure = StoredFailure {
            loser: Some(Loser { seq, part }),
            ..engine.undone(&row, FailureKind::Cancelled, error)
        };
        let mut undo = Self::of(engine, &row, failure).await?;
        undo.line = Line::of_block(block, waits);
        undo.read_line()?;
        let newest = undo.newest.as_ref();
        let newest = newest.and_then(|row| undo.line.number(row));
        undo.seq = newest.unwrap_or(Seq::NONE);
        Ok(undo)
    }
}
