//! Has a run leave memory that waits for others, or, with several at once, for moments: it is nobody's
//! until one of them comes.

use std::time::Duration;

use super::execution::Execution;
use super::waits::{AtRest, Waits};
use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Rest, Rested};

/// The longest that a run rests which waits for others: a worker of an earlier build, beside this one,
/// wakes nobody.
const LONGEST: Duration = Duration::from_secs(86_400);
/// The pause before a run that was not given up is thought of again. Somebody may have locked its row just
/// then, such as the run above, which leaves memory at about the same time.
const AGAIN: Duration = Duration::from_secs(1);

/// On which terms a run leaves memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// When it has to be back, whatever it waits for.
    pub(super) until: Option<Timestamp>,
    /// Whether a request to cancel it keeps it.
    pub(super) unless_cancelled: bool,
}

impl Execution {
    /// Not where it is to end: what that takes is done here.
    pub(super) fn terms(&self) -> Option<Terms> {
        let past_pivot = self.state().past_pivot;
        if !past_pivot && self.asked().is_some() {
            return None;
        }
        Some(Terms {
            until: self.deadline().map(|(_, at)| at).filter(|_| !past_pivot),
            unless_cancelled: !past_pivot,
        })
    }
}

impl Engine {
    /// Does this, unless the run is given up before it has ended, because nothing of it goes on by itself.
    pub(super) async fn unless_dormant<T>(
        &self,
        waits: &Waits,
        terms: impl Fn() -> Option<Terms>,
        doing: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::pin!(doing);
        let mut not_before = None;
        loop {
            let rest = tokio::select! {
                biased;
                done = &mut doing => return Some(done),
                rest = self.may_rest(waits, &terms, not_before) => rest,
            };
            // Nothing of the run goes on meanwhile: it may be somebody else's.
            match self.rest_in_store(&rest).await {
                // The runs below were locked for a moment here, too.
                Rested::Kept => self.look_for_work(),
                Rested::Left => {
                    self.alarm.set(rest.until);
                    return None;
                }
                Rested::LeftDue => {
                    self.look_for_work();
                    return None;
                }
            }
            self.look_around(&rest).await;
            not_before = Some(self.environment.now().after(AGAIN));
        }
    }

    /// Ends when the run may be given up.
    async fn may_rest(
        &self,
        waits: &Waits,
        terms: &impl Fn() -> Option<Terms>,
        not_before: Option<Timestamp>,
    ) -> Rest {
        let pause = self.limits.dormant_after.max(AGAIN);
        let mut has_looked = false;
        loop {
            let changed = waits.changed();
            let Some(at_rest) = waits.at_rest() else {
                changed.await;
                continue;
            };
            let now = self.environment.now();
            let left = match terms().and_then(|terms| self.rest_at(waits.run, &at_rest, terms)) {
                Some((at, rest)) => {
                    let at = not_before.map_or(at, |not_before| at.max(not_before));
                    let left = at.since(now);
                    if left.is_zero() {
                        if std::mem::replace(&mut has_looked, true) {
                            return rest;
                        }
                        // One of what it does may have been told to end, and not have been polled since.
                        tokio::task::yield_now().await;
                        continue;
                    }
                    left
                }
                None => pause,
            };
            tokio::select! {
                () = changed => {}
                () = self.environment.sleep(left) => {}
            }
            has_looked = false;
        }
    }

    /// How a run may be given up that waits for all this, and when.
    fn rest_at(&self, run: RunId, at_rest: &AtRest, terms: Terms) -> Option<(Timestamp, Rest)> {
        let until = at_rest.until.into_iter().chain(terms.until).min();
        if until.is_some_and(|until| !self.is_far(until)) {
            return None;
        }
        // What it waits for may end at any moment.
        let (grace, longest) = match at_rest.below.is_empty() {
            true => (Duration::ZERO, None),
            false => {
                let longest = self.environment.now().after(LONGEST);
                (self.limits.dormant_after, Some(longest))
            }
        };
        let rest = Rest {
            run,
            until: until.into_iter().chain(longest).min()?,
            below: at_rest.below.clone(),
            unless_cancelled: terms.unless_cancelled,
            now: self.environment.now(),
        };
        Some((at_rest.since.after(grace), rest))
    }

    /// Asks until it is known what became of it. A worker that may write nothing more has nothing.
    async fn rest_in_store(&self, rest: &Rest) -> Rested {
        let rested = self.read(|| self.store.rest(&self.fence, rest)).await;
        rested.unwrap_or(Rested::Left)
    }

    /// Sees why a run was not given up: it is to be cancelled, or what it waits for has ended.
    async fn look_around(&self, rest: &Rest) {
        if rest.unless_cancelled
            && let Ok(Some(row)) = self.read(|| self.store.run(rest.run)).await
            && let Some(reason) = row.cancel
        {
            self.news.cancel(rest.run, &reason);
        }
        for run in &rest.below {
            self.news.tell(*run);
        }
    }

    /// Has this worker look for runs that are due, and others, too.
    fn look_for_work(&self) {
        self.alarm.ring();
        self.hints.due();
    }

    /// Has the run above this one taken up, if it waits for this one in the store: there is something to
    /// be known there that is no end of this one.
    pub(super) async fn wake_above(&self, run: RunId) -> Result<(), Trouble> {
        let row = self.read(|| self.store.run(run)).await?;
        let Some(above) = row.and_then(|row| row.parent) else {
            return Ok(());
        };
        let row = self.read(|| self.store.run(above)).await?;
        let rests = |row: &RunRow| row.owner.is_none() && row.pending_children > 0;
        if !row.is_some_and(|row| rests(&row)) {
            return Ok(());
        }
        let commit = Commit {
            run: above,
            create: None,
            update: RunUpdate {
                wake_at: Some(Some(self.environment.now())),
                ..RunUpdate::default()
            },
            rows: Vec::new(),
        };
        match self.writer.write(commit).await {
            Ok(_) => {
                self.look_for_work();
                Ok(())
            }
            Err(WriteError::Stopped) => Err(Trouble::ShutDown),
            Err(WriteError::Refused(reason)) => Err(Trouble::Parked { run: above, reason }),
        }
    }
}
