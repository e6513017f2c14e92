//! What a step can know of the run that it belongs to.

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

    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
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
