//! A run as a worker takes it up, until it ends, gets stuck or leaves.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Engine;
use super::executor::{Forward, forward};
use super::log::{Leave, Log};
use super::rollback::roll_back;
use crate::codec::Stored;
use crate::operation::saga::SagaDescriptor;
use crate::protocol::failure::StoredFailure;
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;

/// A run that a worker takes up.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) engine: Arc<Engine>,
    pub(crate) run: RunId,
    pub(crate) saga: &'static SagaDescriptor,
    pub(crate) input: Stored,
    pub(crate) status: RunStatus,
    pub(crate) seq: Seq,
    pub(crate) failure: Option<Stored>,
    pub(crate) wake_at: Option<Timestamp>,
}

/// A run that is not stored yet, and who waits for that.
#[derive(Debug)]
pub(crate) struct Birth {
    pub(crate) new: NewRun,
    /// Told when the run is stored.
    pub(crate) stored: oneshot::Sender<()>,
    /// Told why it was not.
    pub(crate) left: oneshot::Sender<Leave>,
}

impl Engine {
    /// Takes a stored run up, unless it is under way already.
    pub(crate) fn take_up(self: &Arc<Self>, row: RunRow) {
        if !self.live.enter(row.id, row.status) {
            return;
        }
        match self.registry.saga(&row.saga) {
            Ok(saga) => self.launch(Work::of(Arc::clone(self), saga, row), None),
            Err(reason) => self.park(row.id, reason),
        }
    }

    /// Drives a run that [`live`](Self::live) knows.
    pub(crate) fn launch(self: &Arc<Self>, work: Work, birth: Option<Birth>) {
        self.spawn(Box::pin(async move {
            let (new, left) = match birth {
                Some(birth) => (Some((birth.new, birth.stored)), Some(birth.left)),
                None => (None, None),
            };
            match work.drive(new).await {
                Ok(status) => {
                    work.engine.live.set(work.run, |progress| progress.status = status);
                    work.engine.live.leave(work.run);
                    tracing::debug!(run = %work.run, %status, "the run ended");
                }
                Err(leave) => work.leave(leave, left),
            }
        }));
    }

    pub(crate) fn park(&self, run: RunId, reason: String) {
        tracing::warn!(%run, reason, "the run is parked");
        self.live.set(run, |progress| progress.parked = Some(reason));
    }
}

impl Work {
    pub(crate) fn of(engine: Arc<Engine>, saga: &'static SagaDescriptor, row: RunRow) -> Self {
        Self {
            engine,
            run: row.id,
            saga,
            input: row.input,
            status: row.status,
            seq: row.seq,
            failure: row.failure,
            wake_at: row.wake_at,
        }
    }

    async fn drive(&self, new: Option<(NewRun, oneshot::Sender<()>)>) -> Result<RunStatus, Leave> {
        let (failure, seq) = match self.status {
            RunStatus::Running => match self.forward(new).await? {
                Forward::Completed => return Ok(RunStatus::Completed),
                Forward::Turned(failure, seq) => (*failure, seq),
            },
            RunStatus::RollingBack => (self.stored_failure()?, self.seq),
            other => return Ok(other),
        };
        let back = RunStatus::RollingBack;
        self.engine.live.set(self.run, |progress| progress.status = back);
        roll_back(self, seq, failure).await
    }

    async fn forward(
        &self,
        new: Option<(NewRun, oneshot::Sender<()>)>,
    ) -> Result<Forward, Leave> {
        if let Some(wake_at) = self.wake_at.filter(|_| self.seq == Seq::NONE) {
            self.engine.live.set(self.run, |progress| progress.wake_at = Some(wake_at));
            self.engine.wait_until(wake_at).await;
        }
        forward(self, Log::new(Arc::clone(&self.engine), self.run, self.seq, new)).await
    }

    fn stored_failure(&self) -> Result<StoredFailure, Leave> {
        let missing = || Leave::Parked("it is rolling back, but why is not stored".to_owned());
        let failure = self.failure.as_ref().ok_or_else(missing)?;
        failure.decode().map_err(|error| Leave::Parked(format!("the stored failure {error}")))
    }

    fn leave(&self, leave: Leave, left: Option<oneshot::Sender<Leave>>) {
        match &leave {
            Leave::Parked(reason) => self.engine.park(self.run, reason.clone()),
            Leave::Taken(_) => self.engine.live.leave(self.run),
            Leave::Lost => {
                tracing::warn!(run = %self.run, "somebody else changed the run: it leaves here");
                self.engine.live.leave(self.run);
            }
            Leave::Closed(why) => {
                self.engine.live.leave(self.run);
                if !self.engine.is_stopped() {
                    tracing::error!(why, "the worker stops");
                    self.engine.stop();
                }
            }
        }
        if let Some(left) = left {
            let _ = left.send(leave);
        }
    }
}
