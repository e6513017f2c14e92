//! How long it takes to finish sagas half done after the worker was killed, and what ran twice.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use scoop::{RunFilter, RunStatus, Scoop};

use crate::arguments::{Kind, Recovery};
use crate::figures::Figures;
use crate::place::Place;
use crate::sagas::Diary;

/// Both lives of the worker have this name.
pub(crate) const WORKER: &str = "bench";
/// What the first one says when half of the steps are done.
pub(crate) const HALF: &str = "half done";
/// How soon the server may find out that the first one is dead.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn run(arguments: &Recovery) -> Result<Figures> {
    if arguments.common.store == Kind::Memory {
        bail!("nothing in memory outlives the process: `recovery` wants another store");
    }
    let place = Place::new(arguments.common.store).await?;
    let directory = tempfile::tempdir()?;
    let diary = directory.path().join("steps");
    kill_halfway(arguments, &place, &diary)?;
    let before = std::fs::read_to_string(&diary)?.lines().count();
    let began = Instant::now();
    let scoop = again(&place, &diary).await?;
    let connected = began.elapsed();
    let runs = finish(&scoop).await?;
    let elapsed = began.elapsed();
    scoop.shutdown().await;
    let after = std::fs::read_to_string(&diary)?;
    let after = times(&after);
    let expected = u64::from(arguments.runs) * u64::from(arguments.steps);
    ensure!(runs == u64::from(arguments.runs), "{runs} runs are there");
    ensure!(after.len() as u64 == expected, "{} steps ran", after.len());
    let mut figures = Figures::default();
    figures.text("verb", "recovery");
    figures.text("store", arguments.common.store.name());
    figures.count("runs", arguments.runs.into());
    figures.count("steps", arguments.steps.into());
    figures.count("steps_before_the_kill", before as u64);
    figures.millis("connected_after", connected);
    figures.millis("all_done_after", elapsed);
    figures.count("steps_run_twice", repeated(&after));
    let most = after.values().copied().max().unwrap_or_default();
    figures.count("most_runs_of_a_step", most);
    place.remove().await?;
    Ok(figures)
}

/// The first life: killed as soon as it says that half of the steps are done.
fn kill_halfway(arguments: &Recovery, place: &Place, diary: &Path) -> Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["victim", "--url", place.url(), "--diary"])
        .arg(diary)
        .args(["--steps", &arguments.steps.to_string()])
        .args(["--runs", &arguments.runs.to_string()])
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().context("its output is piped")?;
    let mut said = String::new();
    BufReader::new(output).read_line(&mut said)?;
    child.kill()?;
    child.wait()?;
    ensure!(said.trim() == HALF, "the first worker ended early: {said}");
    Ok(())
}

/// The second life. The server may need a moment to see that the first one's connection is gone.
async fn again(place: &Place, diary: &Path) -> Result<Scoop> {
    let began = Instant::now();
    loop {
        let connect = Scoop::connect(place.url())
            .name(WORKER)
            .sagas(["diligent"])
            .provide(Diary::open(diary)?);
        match connect.await {
            Ok(scoop) => return Ok(scoop),
            Err(error) if began.elapsed() > PATIENCE => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Waits until no run is active; how many have completed.
async fn finish(scoop: &Scoop) -> Result<u64> {
    let admin = scoop.admin();
    let active = RunFilter {
        status: vec![RunStatus::Running, RunStatus::RollingBack],
        limit: 1,
        ..RunFilter::default()
    };
    while !admin.list(&active).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let completed = RunFilter {
        status: vec![RunStatus::Completed],
        limit: u32::MAX >> 1,
        ..RunFilter::default()
    };
    Ok(admin.list(&completed).await?.len() as u64)
}

/// How often each step ran.
fn times(diary: &str) -> HashMap<&str, u64> {
    let mut times = HashMap::new();
    for line in diary.lines() {
        *times.entry(line).or_default() += 1;
    }
    times
}

/// How many runs of steps were repetitions.
fn repeated(times: &HashMap<&str, u64>) -> u64 {
    times.values().map(|times| times - 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_every_run_but_the_first() {
        let times = times("a:1\nb:1\na:2\nb:1\nb:1\n");
        assert_eq!(times.len(), 3);
        assert_eq!(repeated(&times), 2);
    }
}
