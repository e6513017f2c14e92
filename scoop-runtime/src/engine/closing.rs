//! The end of a worker in order: it takes nothing up any more, what is under way is finished and
//! written down, and nothing else is begun.

use std::time::Duration;

use super::Engine;

impl Engine {
    /// Lets each run come to the point at which it would begin something, or wait, and no further; as
    /// long as that takes, but no longer than `grace`.
    pub(crate) async fn drain(&self, grace: Duration) {
        if grace.is_zero() {
            return;
        }
        self.places.close();
        self.closing.send_replace(true);
        let (mut runs, mut stop) = (self.runs.subscribe(), self.stopping());
        // The senders are fields of this.
        tokio::select! {
            _ = runs.wait_for(|count| *count == 0) => {}
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.environment.sleep(grace) => {
                let runs = *self.runs.borrow();
                tracing::warn!(runs, "steps took longer than the worker had to close; they are cut off");
            }
        }
    }

    /// Whether nothing is to be begun any more.
    pub(super) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// Ends when nothing is to be begun any more.
    pub(super) async fn closing(&self) {
        drop(self.closing.subscribe().wait_for(|closing| *closing).await);
    }
}
