//! What a step can know of the run that it belongs to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::protocol::id::{Part, RunId, Seq};

tokio::task_local! {
    static CONTEXT: Context;
}

/// The run that a step belongs to.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) run: RunId,
    pub(crate) saga: &'static str,
    pub(crate) point: String,
    pub(crate) seq: Seq,
    /// Which one of the operations that are awaited at once there.
    pub(crate) part: Part,
    pub(crate) attempt: u32,
    pub(crate) undo: bool,
    pub(crate) at_least: AtLeast,
}

/// How long an attempt asks to wait for the next one, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtLeast(Arc<AtomicU64>);

impl AtLeast {
    fn ask(&self, pause: Duration) {
        let millis = pause.as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.0.fetch_max(millis, Ordering::Relaxed);
    }

    /// What was asked for since this was looked at before.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_millis(self.0.swap(0, Ordering::Relaxed))
    }
}

impl Context {
    /// The id of the run.
    #[must_use]
    pub const fn run_id(&self) -> RunId {
        self.run
    }

    /// The stored name of the saga.
    #[must_use]
    pub const fn saga(&self) -> &'static str {
        self.saga
    }

    /// The name of the await point.
    #[must_use]
    pub fn point(&self) -> &str {
        &self.point
    }

    /// Which attempt this is, from 1. An attempt that a crash cut short is not counted.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A text that is the same for every attempt at this step of this run, in every process, and
    /// different for every other: put it into the request to a third party, so that it can tell a
    /// repetition. A compensation has a key of its own.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let undo = if self.undo { ":undo" } else { "" };
        let of = if self.part.is_main() { "" } else { "." };
        format!("{}:{}{of}{}{undo}", self.run, self.seq, self.part.0)
    }

    /// The same as [`retry_after`], for code that has this `Context` and does not run in the step's own
    /// task.
    pub fn retry_after(&self, pause: Duration) {
        self.at_least.ask(pause);
    }

    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        // What is run again in another transaction has asked for nothing yet.
        self.at_least.take();
        CONTEXT.scope(self, future).await
    }

    pub(crate) fn sync_scope<T>(self, step: impl FnOnce() -> T) -> T {
        CONTEXT.sync_scope(self, step)
    }
}

/// The run that the step or rollback under way belongs to; `None` outside of one, and in tasks
/// that it spawned.
#[must_use]
pub fn context() -> Option<Context> {
    CONTEXT.try_with(Clone::clone).ok()
}

/// Says, in a step or a rollback, that another attempt makes no sense before so much time has passed:
/// the `Retry-After` of a third party, for example.
///
/// It counts from the end of the attempt. If that fails and its `retry` allows another one, that begins
/// after this pause or after the policy's own, whichever is longer; `backoff` does not limit it. If it is
/// called more than once, the longest counts. What is asked for is stored with the failed attempt, so that
/// a crash does not forget it. A cancel ends the pause, as any other; so does the deadline of the run.
///
/// It does nothing where the attempt succeeds or is the last one, nor outside of a step: so a step that
/// says this can be called in a unit test.
pub fn retry_after(pause: Duration) {
    if let Ok(()) = CONTEXT.try_with(|context| context.retry_after(pause)) {
        return;
    }
    tracing::debug!(?pause, "`retry_after` says nothing outside of a step");
}
