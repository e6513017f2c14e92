//! Removes what has ended long ago, or is more than is to be kept, now and then, where that is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::admin::Remove;
use super::{Connect, Scoop, Trouble};

/// The shortest and the longest pause between two looks.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// Which finished runs are kept: those that are young enough, and of each saga so many at most, those
/// that ended last. A [`Duration`] is one by age.
///
/// ```
/// # use std::time::Duration;
/// # use scoop_runtime::engine::{Retention, Scoop, Trouble};
/// # async fn example() -> Result<(), Trouble> {
/// const DAY: Duration = Duration::from_secs(86_400);
/// let scoop = Scoop::connect("postgres://localhost/shop")
///     .keep_finished(30 * DAY)
///     .keep_finished_of("heartbeat", Retention::count(1_000).and_age(DAY))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    age: Option<Duration>,
    count: Option<u64>,
}

impl Retention {
    /// Those that ended no longer ago.
    #[must_use]
    pub const fn age(age: Duration) -> Self {
        Self {
            age: Some(age),
            count: None,
        }
    }

    /// Of each saga so many, those that ended last.
    #[must_use]
    pub const fn count(newest: u64) -> Self {
        Self {
            age: None,
            count: Some(newest),
        }
    }

    /// And, of those, the ones that ended no longer ago.
    #[must_use]
    pub const fn and_age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// What there is to remove.
    fn removals(self) -> impl Iterator<Item = Remove> {
        let old = self.age.map(Remove::older_than);
        old.into_iter().chain(self.count.map(Remove::all_but))
    }
}

impl From<Duration> for Retention {
    fn from(age: Duration) -> Self {
        Self::age(age)
    }
}

/// What is kept of which saga.
#[derive(Clone, Debug, Default)]
pub(super) struct Retentions {
    /// Of those that have none of their own.
    all: Retention,
    of: BTreeMap<String, Retention>,
}

impl Connect {
    /// Which finished runs are kept: this worker removes the others, with the runs below them, now
    /// and then; at most a minute after the time has come. For ever unless set. See
    /// [`Admin::remove`](super::admin::Admin::remove) for what that means.
    pub fn keep_finished(mut self, retention: impl Into<Retention>) -> Self {
        self.retentions.all = retention.into();
        self
    }

    /// The same for the saga of this stored name, instead of what is said for all.
    pub fn keep_finished_of(
        mut self,
        saga: impl Into<String>,
        retention: impl Into<Retention>,
    ) -> Self {
        self.retentions.of.insert(saga.into(), retention.into());
        self
    }
}

impl Retentions {
    fn removals(&self) -> Vec<Remove> {
        let own: Vec<String> = self.of.keys().cloned().collect();
        let all = self.all.removals();
        let all = all.map(|remove| remove.except(own.clone()));
        let of = self.of.iter().flat_map(|(saga, retention)| {
            let removals = retention.removals();
            removals.map(move |remove| remove.of_saga(saga))
        });
        all.chain(of).collect()
    }

    /// A run is kept for at most a twentieth longer, or a minute.
    fn pause(&self) -> Duration {
        let all = self.of.values().chain([&self.all]);
        let shortest_age = all.filter_map(|retention| retention.age).min();
        let [shortest, longest] = PAUSES;
        shortest_age.map_or(longest, |age| (age / 20).clamp(shortest, longest))
    }
}

/// Removes finished runs that are not to be kept, for as long as the runtime lives.
pub(super) async fn keep(scoop: Scoop, retentions: Retentions) {
    let removals = retentions.removals();
    if removals.is_empty() {
        return;
    }
    let engine = Arc::clone(scoop.engine());
    loop {
        engine.environment.sleep(retentions.pause()).await;
        match remove(&scoop, &removals).await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "removed runs that had ended"),
            Err(error) => tracing::warn!(%error, "cannot remove runs that have ended"),
        }
    }
}

async fn remove(scoop: &Scoop, removals: &[Remove]) -> Result<u64, Trouble> {
    let admin = scoop.admin();
    let mut sum = 0;
    for removal in removals {
        sum += admin.remove(removal).await?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn it_looks_as_often_as_the_shortest_age_asks_for() {
        let mut retentions = Retentions::default();
        assert_eq!(retentions.removals().len(), 0);
        retentions.all = Retention::count(3);
        assert_eq!(retentions.pause(), PAUSES[1]);
        retentions.of.insert("a".to_owned(), DAY.into());
        assert_eq!(retentions.pause(), PAUSES[1]);
        let short = Retention::count(3).and_age(Duration::from_secs(200));
        retentions.of.insert("b".to_owned(), short);
        assert_eq!(retentions.pause(), Duration::from_secs(10));
        assert_eq!(retentions.removals().len(), 1 + 1 + 2);
    }
}
