//! What a run that waits costs in the memory of its worker, where it is kept there.

use std::time::Duration;

use anyhow::{Context as _, Result};
use scoop::Scoop;
use tokio::task::JoinSet;

use crate::arguments::Memory;
use crate::figures::Figures;
use crate::place::Place;
use crate::processes;
use crate::sagas::waiting;

/// How many are started at once.
pub(crate) const STARTERS: u32 = 256;

pub(crate) async fn run(arguments: &Memory) -> Result<Figures> {
    let mut figures = Figures::default();
    let place = Place::new(arguments.common.store).await?;
    let connect = Scoop::connect(place.url()).sagas(["waiting"]);
    let connect = connect.dormant_after(Duration::MAX);
    let scoop = connect.max_running(usize::MAX).await?;
    let rss = || processes::own_memory().context("this system does not tell memory in /proc");
    let before = rss()?;
    start(&scoop, arguments.runs).await?;
    let after = rss()?;
    figures.text("verb", "memory");
    figures.text("store", arguments.common.store.name());
    figures.count("runs", arguments.runs.into());
    figures.number("megabytes_before", megabytes(before), "");
    figures.number("megabytes_with_all_waiting", megabytes(after), "");
    figures.number("bytes_per_run", per_run(before, after, arguments.runs), "");
    scoop.shutdown().await;
    place.remove().await?;
    Ok(figures)
}

/// Starts all; a run waits as soon as its start is known.
async fn start(scoop: &Scoop, runs: u32) -> Result<()> {
    let mut tasks = JoinSet::new();
    for starter in 0..STARTERS {
        let scoop = scoop.clone();
        tasks.spawn(async move {
            for number in (starter..runs).step_by(usize::try_from(STARTERS)?) {
                scoop.start(waiting(number.into())).await?;
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
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
pub(crate) fn per_run(before: u64, after: u64, runs: u32) -> f64 {
    after.saturating_sub(before) as f64 / f64::from(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_before_does_not_count() {
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 1e-9;
        assert!(close(per_run(1_000, 21_000, 10), 2_000.0));
        assert!(close(per_run(1_000, 900, 10), 0.0));
        assert!(close(megabytes(3 << 19), 1.5));
    }
}
