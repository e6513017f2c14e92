//! How often a worker looks for runs that others put into the store: often while there are some, more and
//! more rarely while there are none.

use std::time::Duration;

use crate::store::Lease;

/// The longest pause between two looks where others say when there is something. Then a look is for what got
/// lost, and for workers that died.
const HEARD: Duration = Duration::from_secs(5);
/// The longest where they do not: what a client starts begins within this time.
const UNHEARD: Duration = Duration::from_secs(1);

/// The pause before the next look.
#[derive(Debug)]
pub(super) struct Pace {
    shortest: Duration,
    next: Duration,
}

impl Pace {
    pub(super) const fn new(shortest: Duration) -> Self {
        Self {
            shortest,
            next: shortest,
        }
    }

    /// A look has found something, or nothing.
    pub(super) fn looked(&mut self, found: bool) {
        self.next = if found {
            self.shortest
        } else {
            self.next.saturating_mul(2)
        };
    }

    /// How long to wait; a worker that died is found within half as long as it was believed to live.
    pub(super) fn pause(&mut self, heard: bool, lease: Option<Lease>) -> Duration {
        let longest = match lease {
            Some(lease) if heard => HEARD.min(lease.length / 2),
            _ => UNHEARD,
        };
        self.next = self.next.min(longest.max(self.shortest));
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: Duration = Duration::from_millis(250);

    fn pauses(heard: bool, lease: Option<Lease>) -> Vec<u128> {
        let mut pace = Pace::new(POLL);
        let pause = |_| {
            pace.looked(false);
            pace.pause(heard, lease).as_millis()
        };
        (0..6).map(pause).collect()
    }

    #[test]
    fn who_finds_nothing_looks_more_and_more_rarely() {
        let lease = Some(Lease::default());
        assert_eq!(
            pauses(false, lease),
            [500, 1_000, 1_000, 1_000, 1_000, 1_000]
        );
        assert_eq!(
            pauses(true, lease),
            [500, 1_000, 2_000, 4_000, 5_000, 5_000]
        );
        assert_eq!(pauses(true, None)[5], 1_000);
    }

    #[test]
    fn a_short_lease_is_looked_at_more_often() {
        let lease = Lease {
            length: Duration::from_secs(3),
            ..Lease::default()
        };
        assert_eq!(pauses(true, Some(lease))[5], 1_500);
    }

    #[test]
    fn who_finds_something_or_hears_nothing_any_more_looks_often_again() {
        let lease = Some(Lease::default());
        let mut pace = Pace::new(POLL);
        for _ in 0..9 {
            pace.looked(false);
            pace.pause(true, lease);
        }
        assert_eq!(pace.pause(false, lease), UNHEARD);
        pace.looked(true);
        assert_eq!(pace.pause(true, lease), POLL);
    }

    #[test]
    fn nobody_looks_more_often_than_the_store_says() {
        let mut pace = Pace::new(HEARD * 100);
        pace.looked(false);
        assert_eq!(pace.pause(false, None), HEARD * 100);
    }
}
