//! What a step can ask about the run that it is part of.

use std::time::SystemTime;

use crate::protocol::id::{RunId, Seq};

tokio::task_local! {
    static CURRENT: Context;
}

/// Where a step, or a rollback, runs.
#[derive(Clone, Debug)]
pub struct Context {
    run: RunId,
    saga: &'static str,
    point: String,
    attempt: u32,
    seq: Seq,
    undo: bool,
}

/// The context of the step (or rollback) that calls this.
///
/// # Panics
/// Outside a step. A task made with `tokio::spawn` inside a step is outside: ask before, and move
/// what you need into the task.
#[must_use]
pub fn context() -> Context {
    try_context().expect(
        "`scoop::context()` was called outside a step (in a spawned task it is not visible: ask \
         before the spawn and move the answer)",
    )
}

/// The context of the step (or rollback) that calls this; none outside one.
#[must_use]
pub fn try_context() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

impl Context {
    pub(crate) const fn new(run: RunId, saga: &'static str, point: String, seq: Seq) -> Self {
        Self { run, saga, point, attempt: 1, seq, undo: false }
    }

    pub(crate) fn undo(self) -> Self {
        Self { undo: true, ..self }
    }

    pub(crate) fn attempt_number(&self, attempt: u32) -> Self {
        Self { attempt, ..self.clone() }
    }

    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The run.
    #[must_use]
    pub const fn run_id(&self) -> RunId {
        self.run
    }

    /// The stored name of the saga.
    #[must_use]
    pub const fn saga(&self) -> &'static str {
        self.saga
    }

    /// The stable name of the await point; for a rollback, that of the step it undoes.
    #[must_use]
    pub fn point(&self) -> &str {
        &self.point
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A text that is the same for every attempt at this step of this run, in every process, and
    /// for nothing else: send it with the request, so that the other side does it once.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let Self { run, seq, .. } = self;
        if self.undo { format!("{run}:{seq}:undo") } else { format!("{run}:{seq}") }
    }

    /// When the run has to be done. There are no deadlines yet: always `None`.
    #[must_use]
    pub const fn deadline(&self) -> Option<SystemTime> {
        None
    }

    /// Whether somebody asked to cancel the run. There is no cancelling yet: always `false`.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        false
    }
}
