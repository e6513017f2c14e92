//! How long to wait before another attempt, and the policies where the user gives none.

use std::time::Duration;

/// How often and how fast something is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// The most attempts, the first among them; `None` is for ever.
    pub max: Option<u32>,
    /// The pause after the first failure; doubled after each.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Retry {
    /// A step that does not say: no other attempt.
    pub const STEP: Self = Self {
        max: Some(1),
        first: Duration::from_millis(100),
        longest: Duration::from_secs(30),
    };

    /// A retriable step that does not say: for ever.
    pub const RETRIABLE: Self = Self {
        max: None,
        first: Duration::from_millis(100),
        longest: Duration::from_secs(30),
    };

    /// A compensation whose step does not say: ten attempts, then the run is stuck.
    pub const COMPENSATION: Self = Self {
        max: Some(10),
        first: Duration::from_millis(100),
        longest: Duration::from_secs(60),
    };

    /// The pause after the failure of attempt `attempt` (from 1), shortened by up to a quarter by
    /// `jitter` (from 0 up to 1), so that many that failed at once do not come back at once; `None`
    /// when there is no other attempt.
    #[must_use]
    pub fn pause_after(&self, attempt: u32, jitter: f64) -> Option<Duration> {
        if self.max.is_some_and(|max| attempt >= max) {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        Some(pause.mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses: Vec<u128> = (1..=11)
            .filter_map(|attempt| Retry::COMPENSATION.pause_after(attempt, 0.0))
            .map(|pause| pause.as_millis())
            .collect();
        assert_eq!(
            pauses,
            [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600]
        );
        assert_eq!(
            Retry::RETRIABLE.pause_after(1_000_000, 0.0),
            Some(Duration::from_secs(30))
        );
    }

    #[test]
    fn jitter_only_shortens() {
        assert_eq!(
            Retry::RETRIABLE.pause_after(1, 1.0),
            Some(Duration::from_millis(75))
        );
    }
}
