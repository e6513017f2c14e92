//! What would be undone of a run if it failed now.

use std::sync::Arc;

use super::super::admin::Undoable;
use super::super::{Engine, Trouble, history};
use super::Undoing;
use super::plan::Planned;
use crate::protocol::failure::{FailureKind, StoredError, StoredFailure};
use crate::protocol::run::RunRow;

/// That, in the order in which it would be undone.
///
/// # Errors
/// When it cannot be undone: it is past its pivot, or this build lacks something.
pub(in crate::engine) async fn would_undo(
    engine: &Arc<Engine>,
    row: &RunRow,
) -> Result<Vec<Undoable>, Trouble> {
    let failure: Option<StoredFailure> = history::decode(row.id, "failure", row.failure.as_ref())?;
    // Where what lost a race is stuck the run has not failed.
    let failure = failure.filter(|failure| failure.loser.is_none());
    let asked = || StoredError::of_engine("asked what would be undone");
    let failure = failure.unwrap_or_else(|| engine.undone(row, FailureKind::Cancelled, asked()));
    let undo = Undoing::of(engine, row, failure).await?;
    if undo.is_past_pivot().await? {
        return Err(Trouble::NotAllowed("it is past its pivot".to_owned()));
    }
    let plan = undo.plan().await?;
    Ok(plan.into_iter().map(Undoable::from).collect())
}

impl From<Planned> for Undoable {
    fn from(planned: Planned) -> Self {
        let (done, rollback) = match planned {
            Planned::Step(target) => (target.done, Some(target.undo.name.to_owned())),
            Planned::Saga(below) => (below.done, None),
        };
        Self {
            seq: done.seq,
            part: done.part,
            operation: done.operation,
            rollback,
            arguments: done.arguments,
        }
    }
}
