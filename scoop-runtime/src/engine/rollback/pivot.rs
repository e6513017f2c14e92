//! Whether a run is past its pivot: then there is no way back.

use std::sync::Arc;

use super::super::execution::Execution;
use super::super::{Engine, Trouble};
use super::Undoing;
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredOutcome};
use crate::protocol::failure::{FailureKind, StoredError, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::promise::Promise;
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};

/// Whether a pivot is done or in doubt in a run that runs forward. `last` has the outcome of its last
/// operation, where that is not written yet.
pub(in crate::engine) async fn is_past_pivot(
    engine: &Arc<Engine>,
    run: RunId,
    last: Option<CheckpointRow>,
) -> Result<bool, Trouble> {
    let row = engine.read(|| engine.store.run(run)).await?;
    let row = row.ok_or_else(|| Trouble::NoRun(run.to_string()))?;
    let mut looking = Undoing::of(engine, &row, nobody_reads(engine, &row)).await?;
    looking.rows.extend(last);
    looking.is_past_pivot().await
}

/// The same of a block in it: of the one of this row.
pub(in crate::engine) async fn is_past_pivot_in(
    execution: &Execution,
    block: &(Seq, Part),
    last: Option<CheckpointRow>,
) -> Result<bool, Trouble> {
    let engine = &execution.engine;
    let mut looking = Undoing::of_block(execution, block, |row| nobody_reads(engine, row)).await?;
    looking.rows.extend(last);
    looking.is_past_pivot().await
}

/// Nothing is undone here, so nobody reads why.
fn nobody_reads(engine: &Engine, row: &RunRow) -> StoredFailure {
    let error = StoredError::of_engine("cancelled");
    engine.undone(row, FailureKind::Cancelled, error)
}

impl Undoing<'_> {
    /// Whether a pivot is done or in doubt, here or in a saga below: then there is no way back.
    pub(super) async fn is_past_pivot(&self) -> Result<bool, Trouble> {
        for done in self.trail.done(self.run, &self.rows)? {
            if matches!(done.outcome, StoredOutcome::Failed(_)) {
                continue;
            }
            let past = match self.promise(&done) {
                Some(Promise::Pivot) => true,
                Some(Promise::Saga(run)) => self.is_past_pivot_below(run).await?,
                _ => false,
            };
            if past {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn stuck_past_pivot(&mut self) -> Result<(), Trouble> {
        tracing::error!(run = %self.run, "a run is stuck: it failed past its pivot");
        let row = self.row(RowKind::End);
        let update = RunUpdate {
            status: Some(RunStatus::Stuck),
            wake_at: Some(None),
            ..RunUpdate::default()
        };
        self.commit(row, update).await.map(drop)
    }
}
