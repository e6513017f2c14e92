//! The runs of this worker that are of a queue. A run of a queue is driven only where it was claimed, so
//! that the store counts it; while it waits for a run below it gives its place in the queue to others, and
//! gets one by being claimed again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::alarm::Alarm;
use super::waits::Waits;
use super::writer::WriteError;
use super::{Ended, Engine, Trouble};
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};

/// The runs of queues that are driven here.
#[derive(Clone, Debug)]
pub(super) struct Queues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Each as often as it is driven: one that was given up may be taken up again before who gave it up
    /// has ended.
    runs: Mutex<HashMap<RunId, usize>>,
    /// Whether one of them has left its place.
    freed: AtomicBool,
    alarm: Arc<Alarm>,
}

impl Inner {
    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, usize>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is a place, for whoever wants it.
    fn free(&self) {
        self.freed.store(true, Ordering::SeqCst);
        self.alarm.ring();
    }
}

impl Queues {
    /// The alarm rings when one of them has left its queue.
    pub(super) fn new(alarm: Arc<Alarm>) -> Self {
        let runs = Mutex::default();
        let freed = AtomicBool::new(false);
        Self(Arc::new(Inner { runs, freed, alarm }))
    }

    /// A run that was claimed is driven, until the answer is dropped.
    pub(super) fn enter(&self, run: &RunRow) -> Option<Queued> {
        run.queue.as_ref().map(|_| self.hold(run.id))
    }

    fn hold(&self, run: RunId) -> Queued {
        *self.0.runs().entry(run).or_default() += 1;
        let inner = Arc::clone(&self.0);
        Queued { inner, run }
    }

    /// Whether there is a place that there was not when this was asked last.
    pub(super) fn take_freed(&self) -> bool {
        self.0.freed.swap(false, Ordering::SeqCst)
    }

    fn has(&self, run: RunId) -> bool {
        self.0.runs().contains_key(&run)
    }
}

/// A run of a queue is driven for as long as this lives.
#[derive(Debug)]
pub(super) struct Queued {
    inner: Arc<Inner>,
    run: RunId,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut runs = self.inner.runs();
        let left = runs.get(&self.run).map_or(0, |times| times - 1);
        match left {
            0 => drop(runs.remove(&self.run)),
            left => drop(runs.insert(self.run, left)),
        }
        drop(runs);
        self.inner.free();
    }
}

impl Engine {
    /// Waits, for a run that awaits it, until another run is over; without its place in a queue, where
    /// the one above is of one. That one is to be left where this says that the worker shuts down: it
    /// does, or the run has to be claimed again.
    pub(super) async fn end_of(
        self: &Arc<Self>,
        above: &Waits,
        run: RunId,
        is_over: fn(RunStatus) -> bool,
    ) -> Result<Ended, Trouble> {
        if !self.queues.has(above.run) {
            return self.watch_end(above, run, is_over).await;
        }
        let row = self.read(|| self.store.run(run)).await?;
        if let Some(row) = row.filter(|row| is_over(row.status)) {
            return Ok(row.into());
        }
        self.leave_queue(above.run).await?;
        self.watch_end(above, run, is_over).await?;
        self.come_back(above.run).await?;
        Err(Trouble::ShutDown)
    }

    /// Whether a run that left its place needs none to go on; where it does, it is nobody's from now on,
    /// and to be left.
    pub(super) async fn come_back(&self, run: RunId) -> Result<bool, Trouble> {
        if !self.queues.has(run) {
            return Ok(true);
        }
        let back = RunUpdate {
            wake_at: Some(None),
            released: true,
            ..RunUpdate::default()
        };
        self.change_queued(run, back).await?;
        Ok(false)
    }

    /// Gives a run's place in its queue to others, although it stays this worker's.
    pub(super) async fn leave_queue(&self, run: RunId) -> Result<(), Trouble> {
        if !self.queues.has(run) {
            return Ok(());
        }
        let leave = RunUpdate {
            absent: Some(true),
            ..RunUpdate::default()
        };
        self.change_queued(run, leave).await?;
        self.queues.0.free();
        Ok(())
    }

    async fn change_queued(&self, run: RunId, update: RunUpdate) -> Result<(), Trouble> {
        let commit = Commit {
            run,
            create: None,
            update,
            rows: Vec::new(),
        };
        match self.writer.write(commit).await {
            Ok(_) => Ok(()),
            Err(WriteError::Stopped) => Err(Trouble::ShutDown),
            Err(WriteError::Refused(reason)) => Err(Trouble::Parked { run, reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who gave it up has not ended when it is taken up again.
    #[test]
    fn a_run_that_is_driven_again_is_of_its_queue() {
        let queues = Queues::new(Arc::default());
        let run = RunId::from_uuid(uuid::Uuid::from_u128(1));
        let (first, again) = (queues.hold(run), queues.hold(run));
        drop(first);
        assert!(queues.has(run));
        drop(again);
        assert!(!queues.has(run));
        assert!(queues.take_freed());
    }
}
