//! Pauses between the attempts at a compensation: in memory, or in the store.

use super::super::Trouble;
use super::Undoing;
use super::attempt::Begun;
use super::trail::Trail;
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredAttempt};
use crate::protocol::run::RunUpdate;
use crate::protocol::timestamp::Timestamp;

impl Undoing<'_> {
    /// Writes down that an attempt failed and when the next one is due. False when the run is no
    /// longer this worker's.
    pub(super) async fn note_attempt(&mut self, failed: &StoredAttempt) -> Result<bool, Trouble> {
        let (seq, of) = self.trail.at(self.seq);
        let row = CheckpointRow {
            seq,
            part: of.attempt(failed.attempt),
            outcome: Stored::encode(failed).ok(),
            ..self.row(RowKind::Attempt)
        };
        let wake = self.wake(failed.next_at);
        let update = match self.trail {
            // The run does other things, too.
            Trail::OfBlock { .. } => RunUpdate::default(),
            Trail::OfRun => RunUpdate {
                wake_at: Some(Some(wake)),
                released: self.engine.is_far(wake),
                ..RunUpdate::default()
            },
        };
        self.commit(row, update).await
    }

    /// Waits for the moment at which an attempt is due, or for the deadline. False where the run is to be left: it waits
    /// in the store, or the worker closes.
    pub(super) async fn may_begin(
        &mut self,
        begun: &mut Begun,
        due: Option<Timestamp>,
    ) -> Result<bool, Trouble> {
        match due.map(|due| self.wake(due)) {
            Some(due) if self.released => {
                self.engine.alarm.set(due);
                return Ok(false);
            }
            Some(due) if !self.rest_until(due).await? => return Ok(false),
            _ => {}
        }
        if !self.engine.is_closing() {
            return Ok(true);
        }
        if let Some(first) = begun.first.take() {
            // What was before it is to be written.
            self.commit(first, RunUpdate::default()).await?;
        }
        Ok(false)
    }

    /// Waits until then. False where the run is to be left.
    async fn rest_until(&self, due: Timestamp) -> Result<bool, Trouble> {
        match self.trail {
            Trail::OfRun => self.engine.rest_until(self.run, due).await,
            Trail::OfBlock { execution, .. } => {
                Ok(self.engine.rest_in(&execution.waits, due).await)
            }
        }
    }
}
