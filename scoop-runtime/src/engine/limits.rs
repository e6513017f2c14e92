//! How much of everything there may be, and how long things wait.

use std::time::Duration;

use super::Connect;

/// The limits of one runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most bytes of one await point.
    pub(crate) payload: usize,
    /// How many runs may be above one.
    pub(crate) depth: u16,
    /// How many operations may be awaited at once.
    pub(crate) fan_out: usize,
    /// How many runs are in memory at once.
    pub(crate) running: usize,
    /// What waits for longer leaves memory.
    pub(crate) dormant_after: Duration,
    /// For so long an outcome may wait for the transaction after it.
    pub(crate) hold_outcomes: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload: 4 * 1024 * 1024,
            depth: 64,
            fan_out: 10_000,
            running: 10_000,
            dormant_after: Duration::from_secs(10),
            hold_outcomes: Duration::from_millis(100),
        }
    }
}

impl Connect {
    /// The most bytes that one await point may store: the arguments of its operation with the live
    /// locals. 4 MiB unless set.
    pub const fn payload_limit(mut self, bytes: usize) -> Self {
        self.limits.payload = bytes;
        self
    }

    /// How deep sagas may await sagas: so many runs may be above one. 64 unless set. An await that
    /// goes deeper fails, as one does whose arguments are too large.
    pub const fn depth_limit(mut self, runs: u16) -> Self {
        self.limits.depth = runs;
        self
    }

    /// How many operations may be awaited at once with one `join!` or `map`, those that wait for
    /// their turn among them. 10,000 unless set. An await of more fails, as one does whose arguments
    /// are too large.
    pub const fn fan_out_limit(mut self, operations: usize) -> Self {
        self.limits.fan_out = operations;
        self
    }

    /// How many runs this worker has in memory at once. What is started beyond that is stored, and
    /// taken up, by this worker or another, when there is room; the most urgent first, then the oldest. A run that waits for
    /// a saga that it awaits does not count, and that one is begun whether there is room or not.
    /// 10,000 unless set.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # async fn example() -> Result<(), Trouble> {
    /// let scoop = Scoop::connect("postgres://localhost/shop").max_running(500).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn max_running(mut self, runs: usize) -> Self {
        self.limits.running = runs;
        self
    }

    /// A run that waits for longer than this (in a `sleep`, between two attempts, for its start, for a saga
    /// that it awaits, or for all of several at once) leaves memory: it waits in the store, and a worker
    /// goes on with it when it is due, or what it awaits has ended. 10 seconds unless set.
    pub const fn dormant_after(mut self, wait: Duration) -> Self {
        self.limits.dormant_after = wait;
        self
    }

    /// For how long what became of an operation may wait to be committed together with the SQL of the
    /// step after it, where that takes a `&mut Tx<'_, _>`. When that takes longer it is committed by
    /// itself, so that less is begun again after a crash. 100 milliseconds unless set.
    pub const fn hold_outcomes(mut self, wait: Duration) -> Self {
        self.limits.hold_outcomes = wait;
        self
    }
}
