//! The runs that this process drives, for those who wait for them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::protocol::id::RunId;
use crate::protocol::run::RunStatus;
use crate::protocol::timestamp::Timestamp;

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) status: RunStatus,
    /// Why this build cannot continue it.
    pub(crate) parked: Option<String>,
    pub(crate) point: Option<String>,
    pub(crate) wake_at: Option<Timestamp>,
}

/// The runs of this process.
#[derive(Debug, Default)]
pub(crate) struct Live(Mutex<HashMap<RunId, watch::Sender<Progress>>>);

impl Live {
    /// Takes a run in; `false` where it is driven already.
    pub(crate) fn enter(&self, run: RunId, status: RunStatus) -> bool {
        let mut runs = self.runs();
        if runs.get(&run).is_some_and(|known| known.borrow().parked.is_none()) {
            return false;
        }
        let progress = Progress { status, parked: None, point: None, wake_at: None };
        runs.insert(run, watch::Sender::new(progress));
        true
    }

    /// Changes what is known of a run, and wakes those who wait.
    pub(crate) fn set(&self, run: RunId, change: impl FnOnce(&mut Progress)) {
        if let Some(known) = self.runs().get(&run) {
            known.send_modify(change);
        }
    }

    /// Forgets a run: those who wait look into the store.
    pub(crate) fn leave(&self, run: RunId) {
        self.runs().remove(&run);
    }

    /// Forgets all runs.
    pub(crate) fn clear(&self) {
        self.runs().clear();
    }

    /// How far a run is, to be watched.
    pub(crate) fn watch(&self, run: RunId) -> Option<watch::Receiver<Progress>> {
        self.runs().get(&run).map(watch::Sender::subscribe)
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<Progress>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
