//! What a run waits for, with all that it does at once. Where nothing of it goes on by itself it need not
//! be in memory. Never waits itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::protocol::id::RunId;
use crate::protocol::timestamp::Timestamp;

/// What one run waits for while it is driven here.
#[derive(Debug)]
pub(super) struct Waits {
    /// The run.
    pub(super) run: RunId,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// How many of what it does do not wait: its body, and each of several operations.
    awake: usize,
    resting: Vec<Rests>,
    next: u64,
    /// When something was done that may soon end what it waits for.
    restarted: Option<Timestamp>,
    /// Whether it stays in memory, because not all that it came to is written down.
    stays: bool,
}

#[derive(Debug)]
struct Rests {
    number: u64,
    what: For,
    since: Timestamp,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// The end of another run.
    Run(RunId),
    /// A moment.
    Time(Timestamp),
}

/// All that a run waits for that does nothing else.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AtRest {
    /// The ends of these.
    pub(super) below: Vec<RunId>,
    /// The earliest moment.
    pub(super) until: Option<Timestamp>,
    /// Since when it waits for the newest of them.
    pub(super) since: Timestamp,
}

impl Waits {
    /// A run does one thing and does not wait.
    pub(super) fn of(run: RunId) -> Self {
        let state = State {
            awake: 1,
            resting: Vec::new(),
            next: 0,
            restarted: None,
            stays: false,
        };
        Self {
            run,
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// One of what it does waits for this, since then, until the answer is dropped.
    pub(super) fn rest(&self, what: For, since: Timestamp) -> Token<'_> {
        let mut state = self.state();
        state.awake = state.awake.saturating_sub(1);
        let number = state.next;
        state.next += 1;
        state.resting.push(Rests {
            number,
            what,
            since,
        });
        drop(state);
        self.changed.notify_one();
        let kind = Kind::Rests(number);
        Token { waits: self, kind }
    }

    /// One of what it does waits for others of it, until the answer is dropped.
    pub(super) fn stand_by(&self) -> Token<'_> {
        self.change(|awake| awake.saturating_sub(1));
        let kind = Kind::StandsBy;
        Token { waits: self, kind }
    }

    /// It does something more, until the answer is dropped.
    pub(super) fn stir(&self) -> Token<'_> {
        self.change(|awake| awake + 1);
        let kind = Kind::Stirs;
        Token { waits: self, kind }
    }

    /// Something was done because of which what it waits for may soon end: it is as if it waited since now.
    pub(super) fn restart(&self, now: Timestamp) {
        self.state().restarted = Some(now);
    }

    /// Whether it is to stay in memory from now on, whatever it waits for.
    pub(super) fn stay(&self, stays: bool) {
        self.state().stays = stays;
    }

    /// What it waits for, if it does nothing else.
    pub(super) fn at_rest(&self) -> Option<AtRest> {
        let state = self.state();
        let since = state.resting.iter().map(|rests| rests.since);
        let since = since
            .max()
            .map(|since| state.restarted.map_or(since, |now| since.max(now)));
        let since = since.filter(|_| state.awake == 0 && !state.stays)?;
        let (mut below, mut until) = (Vec::new(), None::<Timestamp>);
        for rests in &state.resting {
            match rests.what {
                For::Run(run) => below.push(run),
                For::Time(at) => until = Some(until.map_or(at, |until| until.min(at))),
            }
        }
        Some(AtRest {
            below,
            until,
            since,
        })
    }

    /// Ends when it waits for something else than when this was called, or perhaps has since before.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut state = self.state();
        state.awake = change(state.awake);
        drop(state);
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds for as long as it lives.
#[derive(Debug)]
pub(super) struct Token<'w> {
    waits: &'w Waits,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Rests(u64),
    StandsBy,
    Stirs,
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        if let Kind::Rests(number) = self.kind {
            let mut state = self.waits.state();
            state.resting.retain(|rests| rests.number != number);
        }
        self.waits.change(|awake| match self.kind {
            Kind::Rests(_) | Kind::StandsBy => awake + 1,
            Kind::Stirs => awake.saturating_sub(1),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u128) -> RunId {
        RunId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn who_does_something_is_not_at_rest() {
        let waits = Waits::of(run(1));
        assert_eq!(waits.at_rest(), None);
        let resting = waits.rest(For::Run(run(2)), Timestamp(5));
        let at_rest = waits.at_rest().unwrap();
        assert_eq!((at_rest.below, at_rest.until), (vec![run(2)], None));
        assert_eq!(at_rest.since, Timestamp(5));
        drop(resting);
        assert_eq!(waits.at_rest(), None);
    }

    #[test]
    fn several_are_at_rest_when_each_of_them_is() {
        let waits = Waits::of(run(1));
        let (one, other) = (waits.stir(), waits.stir());
        let above = waits.stand_by();
        let sleeps = waits.rest(For::Time(Timestamp(90)), Timestamp(5));
        assert_eq!(waits.at_rest(), None);
        let sleeps_less = waits.rest(For::Time(Timestamp(80)), Timestamp(7));
        let at_rest = waits.at_rest().unwrap();
        assert_eq!(at_rest.until, Some(Timestamp(80)));
        assert_eq!(at_rest.since, Timestamp(7));
        drop(sleeps_less);
        drop(other);
        assert_eq!(waits.at_rest().unwrap().until, Some(Timestamp(90)));
        drop(sleeps);
        drop(one);
        drop(above);
        assert_eq!(waits.state().awake, 1);
    }

    #[test]
    fn who_waits_for_nothing_is_not_at_rest() {
        let waits = Waits::of(run(1));
        let _above = waits.stand_by();
        assert_eq!(waits.at_rest(), None);
    }
}
