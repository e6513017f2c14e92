//! Asking for a run to be cancelled: from any process, whoever drives it.

use std::sync::Arc;

use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::RunId;
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::store::StoreError;

impl Engine {
    /// Writes the request down, for a caller outside.
    pub(crate) async fn cancel(self: &Arc<Self>, run: RunId, reason: &str) -> Result<(), Trouble> {
        self.cancel_noted(run, reason, None).await
    }

    /// Writes the request down, with a note of who asked, for an operator.
    pub(super) async fn cancel_noted(
        self: &Arc<Self>,
        run: RunId,
        reason: &str,
        note: Option<CheckpointRow>,
    ) -> Result<(), Trouble> {
        match self.write_cancel(run, reason, note).await? {
            true => Ok(()),
            false => self.not_cancelled(run).await,
        }
    }

    /// Writes the request down; whoever drives the run hears of it. False where it does not run
    /// forward.
    pub(super) async fn request_cancel(
        self: &Arc<Self>,
        run: RunId,
        reason: &str,
    ) -> Result<bool, Trouble> {
        self.write_cancel(run, reason, None).await
    }

    async fn write_cancel(
        self: &Arc<Self>,
        run: RunId,
        reason: &str,
        note: Option<CheckpointRow>,
    ) -> Result<bool, Trouble> {
        let commit = Commit {
            run,
            create: None,
            update: RunUpdate {
                expect: Some(RunStatus::Running),
                cancel: Some(reason.to_owned()),
                ..RunUpdate::default()
            },
            rows: note.into_iter().collect(),
        };
        let (engine, reason) = (Arc::clone(self), reason.to_owned());
        let cancelling = async move {
            match engine.writer.write(commit).await {
                Ok(Committed::Stored) => {
                    // It may wait in the store, or be on its way there; it is due now.
                    engine.alarm.ring();
                    if !engine.news.cancel(run, &reason) {
                        engine.hints.due();
                    }
                    Ok(true)
                }
                Ok(_) => Ok(false),
                Err(WriteError::Stopped) => Err(Trouble::ShutDown),
                Err(WriteError::Refused(why)) => Err(StoreError::Refused(why).into()),
            }
        };
        self.see_through(cancelling).await
    }

    /// Why a run could not be cancelled.
    async fn not_cancelled(&self, run: RunId) -> Result<(), Trouble> {
        let row = self.ask(|| self.store.run(run)).await?;
        let row = row.ok_or_else(|| Trouble::NoRun(run.to_string()))?;
        let why = match row.status {
            // What it would come to is under way.
            RunStatus::RollingBack | RunStatus::Running => return Ok(()),
            RunStatus::Stuck => "`retry`, `skip` or `resolve` it",
            RunStatus::Completed => "there is nothing to cancel; `roll_back` undoes what it did",
            RunStatus::RolledBack => "there is nothing to cancel",
        };
        let message = format!("run {run} is {}: {why}", row.status);
        Err(Trouble::NotAllowed(message))
    }
}
