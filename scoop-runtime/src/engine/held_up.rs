//! Which runs wait for one, somewhere below them, that is stuck or parked: whoever waits for such a run
//! from outside is told, because it may take until somebody has looked at that one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Engine;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};

/// The runs that are held up, and by which.
#[derive(Debug, Default)]
pub(super) struct HeldUp(Mutex<HashMap<RunId, RunId>>);

impl HeldUp {
    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, RunId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What holds this run up.
    pub(super) fn by(&self, run: RunId) -> Option<RunId> {
        self.runs().get(&run).copied()
    }

    /// Whether that is news.
    fn set(&self, run: RunId, by: Option<RunId>) -> bool {
        let mut runs = self.runs();
        let before = match by {
            Some(by) => runs.insert(run, by),
            None => runs.remove(&run),
        };
        before != by
    }
}

/// A run waits for another one for as long as this lives.
pub(super) struct Waiting<'e> {
    engine: &'e Arc<Engine>,
    above: RunId,
    run: RunId,
}

impl<'e> Waiting<'e> {
    pub(super) const fn new(engine: &'e Arc<Engine>, above: RunId, run: RunId) -> Self {
        Self { engine, above, run }
    }

    /// Notes whether the run that is waited for is held up itself.
    pub(super) fn look(&self, row: Option<&RunRow>) {
        let stuck = row.is_some_and(|row| row.status == RunStatus::Stuck);
        let itself = stuck || self.engine.parked(self.run).is_some();
        let by = Some(self.run).filter(|_| itself);
        self.note(by.or_else(|| self.engine.held_up.by(self.run)));
    }

    /// Whether what this one waits for is held up.
    pub(super) fn is_held_up(&self) -> bool {
        self.engine.held_up.by(self.above).is_some()
    }

    fn note(&self, by: Option<RunId>) {
        if !self.engine.held_up.set(self.above, by) {
            return;
        }
        self.engine.news.tell(self.above);
        if by.is_some() {
            // Who waits for it in the store is to know it as well.
            let (engine, run) = (Arc::clone(self.engine), self.above);
            self.engine.drive(async move {
                drop(engine.wake_above(run).await);
            });
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.note(None);
    }
}
