//! How a run ends that ran forward: completed, or on its way back.

use super::execution::Execution;
use super::halt::Halt;
use super::{Ended, Trouble, rollback};
use crate::codec::Stored;
use crate::protocol::checkpoint::RowKind;
use crate::protocol::failure::{FailureKind, StoredFailure};
use crate::protocol::run::{RunStatus, RunUpdate};

/// The type of the error of a body that panicked.
pub(super) const PANIC: &str = "scoop::panic";

/// The body returned `Ok`. Whether that is how the run ends its row decides: somebody may have cancelled it.
pub(super) async fn complete(execution: &Execution, output: Stored) -> Result<(), Trouble> {
    let now = execution.now();
    let mut update = RunUpdate {
        unless_cancelled: true,
        status: Some(RunStatus::Completed),
        wake_at: Some(None),
        output: Some(output.clone()),
        finished_at: Some(now),
        ..RunUpdate::default()
    };
    let row = execution.next_row(RowKind::End);
    let ended = execution.commit_if(vec![row], update.clone()).await;
    let mut completed = written(execution, ended)?;
    if completed == Some(false) {
        let Some(reason) = cancelled(execution).await? else {
            return Ok(());
        };
        if !execution.past_pivot().await? {
            let hop = execution.hop(None, None, 0);
            let failure = StoredFailure {
                preceded_by: execution.earlier(),
                ..Halt::cancelled(&reason).failure(hop)
            };
            return fail(execution, failure).await;
        }
        update.unless_cancelled = false;
        completed = Some(end(execution, RowKind::End, update).await?);
    }
    if completed == Some(true) {
        let ended = || Ended {
            status: RunStatus::Completed,
            output: Some(output),
            failure: None,
        };
        execution.engine.news.ended(execution.run, ended);
    }
    Ok(())
}

/// Why the run is to be cancelled, if that is why it could not end.
async fn cancelled(execution: &Execution) -> Result<Option<String>, Trouble> {
    let (engine, run) = (&execution.engine, execution.run);
    let row = engine.read(|| engine.store.run(run)).await?;
    let fence = &engine.fence;
    let mine = row.filter(|row| {
        let owner = row.owner.as_ref() == Some(&fence.worker) && row.epoch == fence.epoch;
        owner && row.status == RunStatus::Running
    });
    Ok(mine.and_then(|row| row.cancel))
}

/// The body failed: from here on the run rolls back, or is stuck if it is past its pivot.
pub(super) async fn fail(execution: &Execution, mut failure: StoredFailure) -> Result<(), Trouble> {
    if failure.error.type_name == PANIC {
        failure.kind = FailureKind::Panic;
    }
    execution.recall_failures(&mut failure).await?;
    let unstored = execution.is_unstored();
    let encoded = Stored::encode(&failure).map_err(|error| Trouble::Unreadable {
        run: execution.run,
        what: "failure",
        error,
    })?;
    let mut update = RunUpdate {
        status: Some(RunStatus::RollingBack),
        wake_at: Some(None),
        failure: Some(encoded),
        ..RunUpdate::default()
    };
    if unstored {
        // Nothing was awaited, so there is nothing to undo.
        update.status = Some(RunStatus::RolledBack);
        update.finished_at = Some(execution.now());
        return end(execution, RowKind::Turn, update).await.map(drop);
    }
    if !end(execution, RowKind::Turn, update).await? {
        return Ok(());
    }
    rollback::drive(&execution.engine, execution.run).await
}

/// What lost a race cannot be undone: the run has not failed, and goes on when that is dealt with.
pub(super) async fn stick(execution: &Execution, failure: StoredFailure) -> Result<(), Trouble> {
    let update = RunUpdate {
        status: Some(RunStatus::Stuck),
        wake_at: Some(None),
        failure: Stored::encode(&failure).ok(),
        ..RunUpdate::default()
    };
    let stuck = execution.commit(Vec::new(), update).await;
    written(execution, stuck).map(drop)
}

/// Writes the last forward row. False when the run is no longer this worker's.
async fn end(execution: &Execution, kind: RowKind, update: RunUpdate) -> Result<bool, Trouble> {
    let row = execution.next_row(kind);
    let ended = execution.commit(vec![row], update).await;
    Ok(written(execution, ended)?.is_some())
}

/// What a commit came to that the store may have refused.
fn written<T>(
    execution: &Execution,
    written: Option<Result<T, String>>,
) -> Result<Option<T>, Trouble> {
    written.transpose().map_err(|reason| Trouble::Parked {
        run: execution.run,
        reason,
    })
}
