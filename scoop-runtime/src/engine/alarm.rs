//! When to look for runs next: the earliest moment at which one is due that nobody has.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::protocol::timestamp::Timestamp;

/// The moment, and a bell for whoever waits for it.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    at: Mutex<Option<Timestamp>>,
    changed: Notify,
}

impl Alarm {
    /// At this moment, if that is earlier.
    pub(super) fn set(&self, at: Timestamp) {
        let mut known = self.known();
        if known.is_none_or(|known| at < known) {
            *known = Some(at);
            self.changed.notify_one();
        }
    }

    /// At once.
    pub(super) fn ring(&self) {
        self.set(Timestamp(i64::MIN));
    }

    /// Forgets the moment, because somebody looks now.
    pub(super) fn clear(&self) {
        *self.known() = None;
    }

    pub(super) fn at(&self) -> Option<Timestamp> {
        *self.known()
    }

    /// Ends when the moment is an earlier one.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn known(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
