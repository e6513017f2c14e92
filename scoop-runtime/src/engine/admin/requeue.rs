//! Gives a run that a worker has back to all workers.

use super::super::Trouble;
use super::Admin;
use crate::protocol::id::RunId;

impl Admin {
    /// Has the worker that has a run give it up, so that it is nobody's and due at once: any worker takes
    /// it up at its next look, this one too. For a run whose step hangs, or that another worker, or
    /// another build, is to go on with.
    ///
    /// What the worker does for the run ends as in a crash: a step that is under way is dropped at its
    /// `await`, and begun again, under the same idempotency key, by whoever takes the run. What it did
    /// until then is not written any more, because it is its own worker that writes that the run is
    /// nobody's, after all else. A step that blocks its thread (`#[step(blocking)]`) cannot be dropped:
    /// it goes on, and nobody hears what comes of it. What the run waits for (a sleep, a saga below, the
    /// pause before another attempt) it goes on waiting for, for no longer than it would have.
    ///
    /// Where this process has the run, that is done when the answer is there. Where another one has it,
    /// the request is stored then; that process gives the run up within a second. One that does not,
    /// because it hangs as a whole, loses its lease, and all runs that it has, without being asked.
    ///
    /// A run that is [parked](Self::parked) here is looked at again.
    ///
    /// # Errors
    /// When nobody has the run, so that it waits for a worker already; when it has not begun, is stuck or
    /// has ended; when a step blocks its thread for longer than 10 seconds: the run is given up when it
    /// lets go. When there is no such run, or the store cannot be asked.
    pub async fn requeue(&self, run: RunId) -> Result<(), Trouble> {
        let row = self.run(run).await?;
        self.scoop.engine().requeue(&row, self.why(None)).await
    }
}
