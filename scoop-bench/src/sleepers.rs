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

/// How long those sleep that do not wake.
const LONG: Duration = Duration::from_secs(86_400);

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
    let waking = waking(arguments);
    wakes.all(waking.into()).await;
    let woken = began.elapsed();
    let after = rss()?;
    let late = wakes.late();
    let mut figures = Figures::default();
    figures.text("verb", "sleepers");
    figures.text("store", arguments.common.store.name());
    figures.count("runs", arguments.count.into());
    figures.count("waking", waking.into());
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

fn waking(arguments: &Sleepers) -> u32 {
    let waking = arguments.waking.unwrap_or(arguments.count);
    waking.min(arguments.count)
}

/// Starts all; those that wake do so one after the other, from `first` on.
async fn start(scoop: &Scoop, arguments: &Sleepers, first: SystemTime) -> Result<()> {
    let first = first.duration_since(UNIX_EPOCH)?;
    let (count, waking) = (u64::from(arguments.count), u64::from(waking(arguments)));
    let spread = arguments.spread;
    let mut tasks = JoinSet::new();
    for starter in 0..STARTERS {
        let scoop = scoop.clone();
        tasks.spawn(async move {
            for number in (starter..count).step_by(usize::try_from(STARTERS)?) {
                let due = first + due(spread, number, waking).unwrap_or(LONG);
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

/// When one is due, after the first; none where it does not wake.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn due(spread: Duration, number: u64, waking: u64) -> Option<Duration> {
    (number < waking).then(|| spread.mul_f64(number as f64 / waking as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_spread_evenly() {
        let whole = Duration::from_secs(10);
        assert_eq!(due(whole, 0, 4), Some(Duration::ZERO));
        assert_eq!(due(whole, 3, 4), Some(Duration::from_millis(7_500)));
        assert_eq!(due(whole, 4, 4), None);
    }
}
