//! Makes a run this worker's that is there already, or is made, and drives it from then on.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Engine;
use super::executor::{go_on, park};
use super::places::Place;
use super::writer::WriteError;
use crate::environment::BoxFuture;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{RunRow, RunStatus};

/// Writes what makes a run this worker's, and drives it in this place from then on. Both in the task of the
/// run: whoever asks may be gone before the answer comes, and nobody else would drive it.
pub(super) async fn take(
    engine: &Arc<Engine>,
    place: Place,
    commit: Commit,
) -> Result<Committed, WriteError> {
    let (told, answer) = oneshot::channel();
    let (run, status) = (commit.run, commit.update.status);
    engine.drive_in(place, run, taking(engine.clone(), commit, told));
    match answer.await {
        Ok(written) => written,
        Err(_) if engine.is_stopped() => Err(WriteError::Stopped),
        // The run was requeued meanwhile, which ended the task, perhaps before it had written anything.
        Err(_) => match row_of(engine, run).await {
            Some(row) if has(&row, status) => Ok(Committed::Stored),
            _ => Ok(Committed::Stale),
        },
    }
}

/// The type that a run's future has does not depend on those of the runs that it takes.
fn taking(
    engine: Arc<Engine>,
    commit: Commit,
    told: oneshot::Sender<Result<Committed, WriteError>>,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (run, status) = (commit.run, commit.update.status);
        let mut written = engine.writer.write(commit).await;
        if matches!(written, Ok(Committed::Stale)) && is_taken(&engine, run, status).await {
            written = Ok(Committed::Stored);
        }
        let is_mine = matches!(written, Ok(Committed::Stored));
        if is_mine {
            engine.unpark(run);
            engine.news.tell(run);
        }
        drop(told.send(written));
        if is_mine {
            drive(&engine, run).await;
        }
    })
}

/// Whether it was written at an earlier try, of which the answer was lost: without rows nothing else tells.
/// Nobody but this task drives the run then.
async fn is_taken(engine: &Engine, run: RunId, status: Option<RunStatus>) -> bool {
    let is_mine = |row: &RunRow| {
        row.owner.as_ref() == Some(&engine.fence.worker) && row.epoch == engine.fence.epoch
    };
    let row = row_of(engine, run).await;
    row.is_some_and(|row| is_mine(&row) && has(&row, status)) && engine.news.drivers(run) == 1
}

fn has(row: &RunRow, status: Option<RunStatus>) -> bool {
    status.is_none_or(|status| row.status == status)
}

async fn row_of(engine: &Engine, run: RunId) -> Option<RunRow> {
    let row = engine.read(|| engine.store.run(run)).await;
    row.ok().flatten()
}

async fn drive(engine: &Arc<Engine>, run: RunId) {
    match engine.read(|| engine.store.run(run)).await {
        Ok(Some(mut row)) => {
            if row.seq != Seq::NONE {
                // What it waited for in memory says nothing of what happened since.
                row.wake_at = None;
            }
            go_on(Arc::clone(engine), row).await;
            // Whoever started it, or awaits it, may be elsewhere.
            engine.hints.left(run);
        }
        Ok(None) => {}
        Err(error) => park(engine, run, error.into()).await,
    }
}
