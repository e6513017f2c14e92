//! Removes finished runs that nobody wants any more.

use std::time::{Duration, SystemTime};

use super::super::Trouble;
use super::Admin;
use crate::protocol::id::RunId;
use crate::protocol::run::RunStatus;
use crate::protocol::timestamp::Timestamp;
use crate::store::Removal;

/// How many go at once, so that nobody waits for long.
const PAGE: u32 = 500;

/// Which finished runs to remove: made by [`Remove::older_than`] or [`Remove::all_but`].
#[derive(Clone, Debug)]
pub struct Remove {
    age: Duration,
    keep: u64,
    saga: Option<String>,
    except: Vec<String>,
}

impl Remove {
    /// Those that ended so long ago.
    #[must_use]
    pub const fn older_than(age: Duration) -> Self {
        Self::new(age, 0)
    }

    /// All of each saga but so many, those that ended last.
    #[must_use]
    pub const fn all_but(newest: u64) -> Self {
        Self::new(Duration::ZERO, newest)
    }

    const fn new(age: Duration, keep: u64) -> Self {
        Self {
            age,
            keep,
            saga: None,
            except: Vec::new(),
        }
    }

    /// Only those of the saga of this stored name.
    #[must_use]
    pub fn of_saga(mut self, saga: impl Into<String>) -> Self {
        self.saga = Some(saga.into());
        self
    }

    /// Only those of other sagas.
    pub(in super::super) fn except(mut self, sagas: Vec<String>) -> Self {
        self.except = sagas;
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
            except: remove.except.clone(),
            keep: remove.keep,
            only: None,
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

    /// Removes one finished run for good, with the runs below it: see [`remove`](Self::remove).
    ///
    /// # Errors
    /// When it has not ended, or was awaited, so that it goes with the run that awaited it; when there
    /// is no such run, or the store cannot be asked.
    pub async fn remove_run(&self, run: RunId) -> Result<(), Trouble> {
        let row = self.run(run).await?;
        let instead = match (row.status, row.parent) {
            (RunStatus::Running, _) => "only one that has ended is removed; `cancel` ends this one",
            (RunStatus::RollingBack, _) => {
                "only one that has ended is removed; this one does when it is undone"
            }
            (RunStatus::Stuck, _) => "`retry`, `skip` or `resolve` it first",
            (RunStatus::Completed | RunStatus::RolledBack, Some(parent)) => {
                let message =
                    format!("run {run} was awaited by run {parent}: it goes with that one");
                return Err(Trouble::NotAllowed(message));
            }
            (RunStatus::Completed | RunStatus::RolledBack, None) => {
                return self.remove_ended(run).await;
            }
        };
        let message = format!("run {run} is {}: {instead}", row.status);
        Err(Trouble::NotAllowed(message))
    }

    async fn remove_ended(&self, run: RunId) -> Result<(), Trouble> {
        let engine = self.scoop.engine();
        let removal = Removal {
            ended_before: Timestamp(i64::MAX),
            saga: None,
            except: Vec::new(),
            keep: 0,
            only: Some(vec![run]),
            limit: 1,
        };
        // Where it is not there any more, somebody else was faster.
        engine.ask(|| engine.store.remove(&removal)).await?;
        Ok(())
    }
}
