//! How long things took: a histogram, and what it says of them.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations of one kind, from a microsecond up.
#[derive(Clone, Debug)]
pub(crate) struct Spread(Histogram<u64>);

impl Spread {
    pub(crate) fn new() -> Self {
        Self(Histogram::new(3).expect("three digits are few enough"))
    }

    pub(crate) fn add(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // Years are more than it takes; none of these is that long.
        let _ = self.0.record(nanos);
    }

    pub(crate) fn join(&mut self, other: &Self) {
        self.0
            .add(&other.0)
            .expect("both grow as far as they have to");
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// How many there were in a second.
    pub(crate) fn per_second(&self, elapsed: Duration) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
        let count = self.count() as f64;
        count / elapsed.as_secs_f64()
    }

    pub(crate) fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(quantile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_all_that_was_added() {
        let (mut low, mut high) = (Spread::new(), Spread::new());
        for millis in 1..=50 {
            low.add(Duration::from_millis(millis));
            high.add(Duration::from_millis(50 + millis));
        }
        low.join(&high);
        assert_eq!(low.count(), 100);
        let near = |quantile: f64, millis: f64| {
            let found = low.quantile(quantile).as_secs_f64() * 1e3;
            assert!((found - millis).abs() < millis / 500.0, "{found}");
        };
        let rate = low.per_second(Duration::from_secs(4));
        assert!((rate - 25.0).abs() < 1e-9, "{rate}");
        near(0.5, 50.0);
        near(0.99, 99.0);
        near(1.0, 100.0);
    }
}
