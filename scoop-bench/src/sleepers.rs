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
    let waking = waking(arguments);
    start(&scoop, arguments, waking).await?;
    let started = began.elapsed();
    let asleep = rss()?;
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

/// Starts all, and those that wake last: they are not late because others are still being started.
async fn start(scoop: &Scoop, arguments: &Sleepers, waking: u32) -> Result<()> {
    let never = |_| LONG;
    start_these(scoop, arguments.count - waking, never).await?;
    let (asleep, spread) = (arguments.asleep, arguments.spread);
    let one_after_the_other = move |number| asleep + due(spread, number, waking);
    start_these(scoop, waking, one_after_the_other).await
}

/// Starts so many; each is due that long after now.
async fn start_these<F>(scoop: &Scoop, count: u32, after: F) -> Result<()>
where
    F: Fn(u32) -> Duration + Copy + Send + 'static,
{
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut tasks = JoinSet::new();
    for starter in 0..STARTERS {
        let scoop = scoop.clone();
        tasks.spawn(async move {
            for number in (starter..count).step_by(usize::try_from(STARTERS)?) {
                scoop.start(sleeper(now + after(number))).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// When one of those that wake is due, after the first.
fn due(spread: Duration, number: u32, waking: u32) -> Duration {
    spread.mul_f64(f64::from(number) / f64::from(waking))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_are_spread_evenly() {
        let whole = Duration::from_secs(10);
        assert_eq!(due(whole, 0, 4), Duration::ZERO);
        assert_eq!(due(whole, 3, 4), Duration::from_millis(7_500));
    }
}
