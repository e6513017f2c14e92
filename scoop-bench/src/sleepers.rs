//! Runs that wait in the store: what they cost the worker meanwhile, and how late they wake.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use scoop::Scoop;
use tokio::task::JoinSet;

use crate::arguments::Sleepers;
use crate::figures::Figures;
use crate::memory::{STARTERS, megabytes, per_run};
use crate::place::Place;
use crate::processes;
use crate::sagas::{Wakes, sleeper};

pub(crate) async fn run(arguments: &Sleepers) -> Result<Figures> {
    let place = Place::new(arguments.common.store).await?;
    let wakes = Arc::new(Wakes::default());
    let connect = Scoop::connect(place.url()).sagas(["sleeper"]);
    let connect = connect.dormant_after(arguments.dormant_after);
    let scoop = connect.provide_shared(Arc::clone(&wakes)).await?;
    let rss = || processes::own_memory().context("this system does not tell memory in /proc");
    let before = rss()?;
    let began = Instant::now();
    let first = SystemTime::now() + arguments.asleep;
    start(&scoop, arguments, first).await?;
    let started = began.elapsed();
    let asleep = rss()?;
    wakes.all(arguments.count.into()).await;
    let woken = began.elapsed();
    let after = rss()?;
    let late = wakes.late();
    let mut figures = Figures::default();
    figures.text("verb", "sleepers");
    figures.text("store", arguments.common.store.name());
    figures.count("runs", arguments.count.into());
    figures.number("started_within_seconds", started.as_secs_f64(), "");
    figures.number("megabytes_before", megabytes(before), "");
    figures.number("megabytes_with_all_asleep", megabytes(asleep), "");
    figures.number(
        "bytes_per_run",
        per_run(before, asleep, arguments.count),
        "",
    );
    figures.number("megabytes_in_the_end", megabytes(after), "");
    figures.millis("p50_late", late.quantile(0.5));
    figures.millis("p99_late", late.quantile(0.99));
    figures.millis("most_late", late.quantile(1.0));
    figures.number("all_woken_after_seconds", woken.as_secs_f64(), "");
    scoop.shutdown().await;
    place.remove().await?;
    Ok(figures)
}

/// Starts all; they are due one after the other, from `first` on.
async fn start(scoop: &Scoop, arguments: &Sleepers, first: SystemTime) -> Result<()> {
    let first = first.duration_since(UNIX_EPOCH)?;
    let (count, spread) = (u64::from(arguments.count), arguments.spread);
    let mut tasks = JoinSet::new();
    for starter in 0..STARTERS {
        let scoop = scoop.clone();
        tasks.spawn(async move {
            for number in (starter..count).step_by(usize::try_from(STARTERS)?) {
                let due = first + share(spread, number, count);
                scoop.start(sleeper(due)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn share(whole: Duration, number: u64, count: u64) -> Duration {
    whole.mul_f64(number as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_spread_evenly() {
        let whole = Duration::from_secs(10);
        assert_eq!(share(whole, 0, 4), Duration::ZERO);
        assert_eq!(share(whole, 3, 4), Duration::from_millis(7_500));
    }
}
