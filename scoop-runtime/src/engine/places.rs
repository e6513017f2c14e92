//! Room for runs: how many are in memory at once. One that waits for a saga that it awaits takes no
//! room, so that sagas below never wait for those above.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::alarm::Alarm;

/// The room of one worker.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    state: Mutex<State>,
    alarm: Arc<Alarm>,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// How many of them wait for a saga below.
    absent: usize,
    /// Whether a run is left in the store for want of room.
    wanted: bool,
    closed: bool,
}

impl Places {
    /// Room for so many. The alarm rings when there is some that was wanted.
    pub(super) fn new(most: usize, alarm: Arc<Alarm>) -> Self {
        let state = Mutex::default();
        Self(Arc::new(Inner { most, state, alarm }))
    }

    /// Takes up to so many places; fewer, or none, where there are no more.
    pub(super) fn take(&self, count: usize) -> Place {
        let mut state = self.0.state();
        let count = count.min(self.0.room(&state));
        state.taken += count;
        drop(state);
        self.place(count)
    }

    /// Takes a place for what has to run, whether there is room or not.
    pub(super) fn force(&self) -> Place {
        self.0.state().taken += 1;
        self.place(1)
    }

    /// Has the alarm ring as soon as there is room.
    pub(super) fn want(&self) {
        self.0.change(|state| state.wanted = true);
    }

    /// Gives its place back, for a run that waits for one below, until the answer is dropped.
    pub(super) fn leave(&self) -> Absent {
        self.0.change(|state| state.absent += 1);
        Absent(Arc::clone(&self.0))
    }

    /// There is no room from now on.
    pub(super) fn close(&self) {
        self.0.state().closed = true;
    }

    fn place(&self, count: usize) -> Place {
        let inner = Arc::clone(&self.0);
        Place { inner, count }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self, state: &State) -> usize {
        if state.closed {
            return 0;
        }
        let present = state.taken.saturating_sub(state.absent);
        self.most.saturating_sub(present)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if state.wanted && self.room(&state) > 0 {
            state.wanted = false;
            drop(state);
            self.alarm.ring();
        }
    }
}

/// Places that are taken for as long as this lives.
#[derive(Debug)]
pub(crate) struct Place {
    inner: Arc<Inner>,
    count: usize,
}

impl Place {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// One of them, for one run.
    pub(super) fn one(&mut self) -> Option<Self> {
        self.count = self.count.checked_sub(1)?;
        let inner = Arc::clone(&self.inner);
        Some(Self { inner, count: 1 })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.count > 0 {
            self.inner.change(|state| state.taken -= self.count);
        }
    }
}

/// A run waits for one below for as long as this lives.
#[derive(Debug)]
pub(super) struct Absent(Arc<Inner>);

impl Drop for Absent {
    fn drop(&mut self) {
        self.0.change(|state| state.absent -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: usize) -> (Places, Arc<Alarm>) {
        let alarm = Arc::<Alarm>::default();
        (Places::new(most, Arc::clone(&alarm)), alarm)
    }

    #[test]
    fn there_is_room_for_so_many() {
        let (places, _) = places(3);
        let mut two = places.take(2);
        let one = two.one().unwrap();
        assert_eq!((two.count(), one.count()), (1, 1));
        let last = places.take(9);
        assert_eq!(last.count(), 1);
        assert_eq!(places.take(1).count(), 0);
        drop(one);
        assert_eq!(places.take(9).count(), 1);
    }

    #[test]
    fn who_waits_for_a_saga_below_takes_no_room() {
        let (places, _) = places(1);
        let _above = places.force();
        assert_eq!(places.take(1).count(), 0);
        let absent = places.leave();
        let below = places.take(1);
        assert_eq!(below.count(), 1);
        drop(absent);
        drop(below);
        assert_eq!(places.take(1).count(), 0);
    }

    #[test]
    fn the_alarm_rings_for_room_that_was_wanted_and_for_no_other() {
        let (places, alarm) = places(1);
        drop(places.take(1));
        assert_eq!(alarm.at(), None);
        let place = places.take(1);
        places.want();
        assert_eq!(alarm.at(), None);
        drop(place);
        assert!(alarm.at().is_some());
        alarm.clear();
        drop(places.take(1));
        assert_eq!(alarm.at(), None);
        places.want();
        assert!(alarm.at().is_some(), "there is room already");
    }

    #[test]
    fn who_closes_has_no_room() {
        let (places, _) = places(1);
        places.close();
        assert_eq!(places.take(1).count(), 0);
    }
}
