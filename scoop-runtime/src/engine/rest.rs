//! Waiting: near the end of it in memory, else in the store, as nobody's run, until it is due; and
//! never in memory while the worker closes.

use std::time::Duration;

use super::execution::{Execution, Exit};
use super::waits::{For, Waits};
use super::writer::WriteError;
use super::{Engine, Trouble, branch};
use crate::operation::Settled;
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunUpdate};
use crate::protocol::timestamp::Timestamp;

/// How often a run that another process may be driving is looked at, and, at most, how often one that
/// waits in the store for a moment further away.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// How often, at most, one that waits in the store, where nobody says when it has ended.
const SOMETIMES: Duration = Duration::from_secs(5);

impl Execution {
    /// What a wait until then says of the run: for one that is far away it is given up, until it is
    /// due or its deadline has passed.
    pub(super) fn waits(&self, until: Timestamp) -> RunUpdate {
        let wake = self.wake(until);
        let released = self.engine.is_far(wake);
        RunUpdate {
            wake_at: Some(Some(if released { wake } else { until })),
            released,
            ..RunUpdate::default()
        }
    }

    fn wake(&self, until: Timestamp) -> Timestamp {
        match self.deadline() {
            Some((_, at)) if !self.state().past_pivot => until.min(at),
            _ => until,
        }
    }

    /// Waits, whether the run is halted or not.
    pub(super) async fn rest_until(&self, until: Timestamp) {
        self.rest_far(until).await;
        self.rest_near(until).await;
    }

    /// Ends the body where memory is not the place to wait until then. Beside others it is: they may go on.
    pub(super) async fn rest_far(&self, until: Timestamp) {
        if branch::is_one_of_several() {
            return;
        }
        let update = self.waits(until);
        if update.released
            && !self.state().released
            && let Some(Err(reason)) = self.commit(Vec::new(), update).await
        {
            drop(self.park(reason).await);
        }
        self.leave_released(until).await;
    }

    /// Ends the body where the run was given up until then. It is whoever's takes it up, also where that moment
    /// has passed meanwhile, or the run is to end: this is asked before anything else.
    pub(super) async fn leave_released(&self, until: Timestamp) {
        if self.state().released {
            self.engine.alarm.set(self.wake(until));
            drop(self.left().await);
        }
    }

    /// Waits in memory; ends the body where the worker closes.
    pub(super) async fn rest_near(&self, until: Timestamp) {
        if !self.engine.rest_in(&self.waits, until).await {
            drop(self.left().await);
        }
    }

    /// The body ends here.
    pub(super) async fn left(&self) -> Settled {
        self.leave(Exit::Leave);
        std::future::pending().await
    }
}

impl Engine {
    /// Whether a run that waits until then leaves memory.
    pub(super) fn is_far(&self, until: Timestamp) -> bool {
        until.since(self.environment.now()) > self.limits.dormant_after
    }

    /// Waits until then in memory. False where the run is to be left: it waits in the store, or the
    /// worker closes.
    pub(super) async fn rest_until(&self, run: RunId, until: Timestamp) -> Result<bool, Trouble> {
        if self.is_far(until) {
            self.release(run, until).await?;
            return Ok(false);
        }
        let left = until.since(self.environment.now());
        if left.is_zero() {
            return Ok(true);
        }
        tokio::select! {
            () = self.closing() => Ok(false),
            () = self.environment.sleep(left) => Ok(true),
        }
    }

    /// Waits until then as one of what a run does. False where the worker closes.
    pub(super) async fn rest_in(&self, waits: &Waits, until: Timestamp) -> bool {
        let now = self.environment.now();
        let left = until.since(now);
        let _resting = waits.rest(For::Time(until), now);
        tokio::select! {
            () = self.closing() => false,
            () = self.environment.sleep(left) => true,
        }
    }

    /// Gives a run up until it is due.
    async fn release(&self, run: RunId, until: Timestamp) -> Result<(), Trouble> {
        let commit = Commit {
            run,
            create: None,
            update: RunUpdate {
                wake_at: Some(Some(until)),
                released: true,
                ..RunUpdate::default()
            },
            rows: Vec::new(),
        };
        match self.writer.write(commit).await {
            Ok(_) => {
                self.alarm.set(until);
                Ok(())
            }
            // It is left all the same.
            Err(WriteError::Stopped) => Ok(()),
            Err(WriteError::Refused(reason)) => Err(Trouble::Parked { run, reason }),
        }
    }

    /// When to look again at a run that is not driven here, for one who waits for it.
    pub(crate) fn look_again(&self, run: &RunRow) -> Duration {
        let [soon, late] = LOOK_AGAIN;
        let due = run.wake_at.filter(|_| run.owner.is_none());
        let left = due.map_or(Duration::ZERO, |due| due.since(self.environment.now()));
        let most = match self.store.lease() {
            // Nobody else ends it before where nobody else is.
            None => Duration::MAX,
            // It may be due at any moment, or be cancelled, and nobody would say so.
            Some(_) if !self.hints.are_heard() => SOMETIMES,
            Some(_) => late,
        };
        left.clamp(soon, most)
    }
}
