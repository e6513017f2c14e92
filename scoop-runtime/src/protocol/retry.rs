//! How long to wait before the next attempt, and what holds where an attribute says nothing.

use std::time::Duration;

use super::description::StepKind;
use crate::operation::step::Retry;

/// One attempt only.
pub const ONCE: Retry = Retry { max: Some(1), first: Duration::ZERO, longest: Duration::ZERO };

/// A step that must succeed, and an attempt without effect that ran out of time.
pub const FOR_EVER: Retry =
    Retry { max: None, first: Duration::from_millis(100), longest: Duration::from_secs(30) };

/// A compensation.
pub const COMPENSATION: Retry =
    Retry { max: Some(10), first: Duration::from_millis(100), longest: Duration::from_secs(60) };

/// The policy of a step of this kind that has none of its own.
#[must_use]
pub const fn of_step(kind: StepKind) -> Retry {
    match kind {
        StepKind::Retriable => FOR_EVER,
        StepKind::Compensatable | StepKind::Pivot | StepKind::ReadOnly => ONCE,
    }
}

/// The pause after `failed` attempts (from 1); none when there is to be no other attempt.
///
/// `jitter` is a random fraction from 0 up to 1: it takes up to half of the pause away.
#[must_use]
pub fn pause(retry: &Retry, failed: u32, jitter: f64) -> Option<Duration> {
    if retry.max.is_some_and(|max| failed >= max) {
        return None;
    }
    let doublings = failed.saturating_sub(1).min(31);
    let whole = retry.first.saturating_mul(1 << doublings).min(retry.longest);
    Some(whole.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(retry: &Retry, jitter: f64) -> Vec<u128> {
        (1..=12).map_while(|failed| pause(retry, failed, jitter)).map(|p| p.as_millis()).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let expected = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600];
        assert_eq!(pauses(&COMPENSATION, 0.0), expected);
        assert_eq!(pauses(&FOR_EVER, 0.0)[8..], [25_600, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn jitter_takes_away_at_most_half() {
        assert_eq!(pauses(&COMPENSATION, 1.0)[..3], [50, 100, 200]);
    }

    #[test]
    fn a_step_is_not_repeated_unless_asked() {
        assert_eq!(pause(&of_step(StepKind::Compensatable), 1, 0.5), None);
        assert!(pause(&of_step(StepKind::Retriable), 1_000_000, 0.5).is_some());
    }
}
