//! The latency of one saga alone, beside that of as many single commits as it has.

use std::time::Instant;

use anyhow::{Result, ensure};
use scoop::Scoop;

use crate::arguments::Alone;
use crate::figures::Figures;
use crate::limits::{self, How};
use crate::place::Place;
use crate::sagas::{total, trivial};
use crate::spread::Spread;

pub(crate) async fn run(arguments: &Alone) -> Result<Figures> {
    let mut figures = Figures::default();
    let place = Place::new(arguments.common.store).await?;
    figures.text("verb", "alone");
    figures.text("store", arguments.common.store.name());
    figures.count("steps", arguments.steps.into());
    let spread = sagas(arguments, &place).await?;
    figures.count("sagas", spread.count());
    figures.millis("p50", spread.quantile(0.5));
    figures.millis("p99", spread.quantile(0.99));
    if let Some(mut connection) = place.connect().await? {
        limits::prepare(&mut connection).await?;
        let single = limits::single(place.url(), 1, arguments.seconds, How::Alone).await?;
        let commit = single.spread.quantile(0.5);
        figures.millis("single_commit_p50", commit);
        let ratio =
            spread.quantile(0.5).as_secs_f64() / commits(arguments.steps, commit.as_secs_f64());
        figures.number("p50_to_single_commits", ratio, "x");
    }
    place.remove().await?;
    Ok(figures)
}

/// What the commits of a saga take by themselves: one for each step, and one for its end.
fn commits(steps: u32, commit: f64) -> f64 {
    f64::from(steps + 1) * commit
}

async fn sagas(arguments: &Alone, place: &Place) -> Result<Spread> {
    let scoop = Scoop::connect(place.url()).sagas(["trivial"]).await?;
    let mut spread = Spread::new();
    // The first one prepares the statements.
    scoop.start(trivial(arguments.steps)).await?.wait().await?;
    let began = Instant::now();
    while began.elapsed() < arguments.seconds {
        let started = Instant::now();
        let returned = scoop.start(trivial(arguments.steps)).await?.wait().await?;
        ensure!(
            returned == total(arguments.steps),
            "a saga returned {returned}"
        );
        spread.add(started.elapsed());
    }
    scoop.shutdown().await;
    Ok(spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saga_has_a_commit_more_than_steps() {
        assert!((commits(10, 0.5) - 5.5).abs() < f64::EPSILON);
    }
}
