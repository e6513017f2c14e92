//! Removes finished runs that nobody wants any more.

use std::time::{Duration, SystemTime};

use super::super::Trouble;
use super::Admin;
use crate::store::Removal;

/// How many go at once, so that nobody waits for long.
const PAGE: u32 = 500;

/// Which finished runs to remove: made by [`Remove::older_than`].
#[derive(Clone, Debug)]
pub struct Remove {
    age: Duration,
    saga: Option<String>,
}

impl Remove {
    /// Those that ended so long ago.
    #[must_use]
    pub const fn older_than(age: Duration) -> Self {
        Self { age, saga: None }
    }

    /// Only those of the saga of this stored name.
    #[must_use]
    pub fn of_saga(mut self, saga: impl Into<String>) -> Self {
        self.saga = Some(saga.into());
        self
    }
}

impl Admin {
    /// Removes finished runs for good, with the runs below them: what they did can be neither shown
    /// nor undone any more, and a run that is started under the id of one of them is a new one. A run
    /// that was awaited goes with the one that awaited it. Returns how many there were, not counting
    /// those below; what was removed before an error stays so.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn remove(&self, remove: &Remove) -> Result<u64, Trouble> {
        let engine = self.scoop.engine();
        let now = SystemTime::from(engine.environment.now());
        let ended_before = now
            .checked_sub(remove.age)
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let removal = Removal {
            ended_before: ended_before.into(),
            saga: remove.saga.clone(),
            limit: PAGE,
        };
        let mut sum = 0;
        loop {
            let removed = engine.ask(|| engine.store.remove(&removal)).await?;
            sum += removed;
            if removed < u64::from(PAGE) {
                return Ok(sum);
            }
        }
    }
}
