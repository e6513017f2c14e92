//! A process that is stopped while its steps are under way, and goes on when others have done its
//! work: it commits nothing any more, and its locks were in nobody's way.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use scoop::Scoop;

use crate::kill::PLACE;
use crate::place::Place;
use crate::sagas::refused;
use crate::world::{World, end_of};

const LEASE: Duration = Duration::from_secs(2);
const RUNS: usize = 100;

async fn worker(url: &str, name: &str, world: &World) -> Scoop {
    let connecting = Scoop::connect(url).name(name).lease(LEASE);
    connecting.provide(world.clone()).await.unwrap()
}

/// Ends all runs, or fails where this worker is declared dead.
async fn all(scoop: &Scoop) {
    let runs = (0..RUNS).map(|number| {
        let start = scoop
            .start(refused(number.to_string()))
            .id(number.to_string());
        tokio::spawn(async move { end_of(&start.await.unwrap()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}

/// The process that is stopped: not a test by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test below"]
async fn a_life() {
    let scoop = worker(&std::env::var(PLACE).unwrap(), "stopped", &World::default()).await;
    all(&scoop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_stopped_commits_nothing_any_more() {
    let mut taken_over = 0;
    for lines in [3, 40, 90, 200, 350] {
        let (place, world) = (Place::new().await, World::default());
        let mut life = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "stopped::a_life"])
            .env(PLACE, place.address())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(life.stdout.take().unwrap()).lines();
        let told = told
            .map_while(Result::ok)
            .filter(|line| line.contains("at "));
        // The pipe is held, so that what is told later finds a reader.
        let mut told = told.take(lines);
        assert_eq!(told.by_ref().count(), lines);
        let pid = Pid::from_child(&life);
        kill_process(pid, Signal::STOP).unwrap();
        let other = worker(&place.url, "other", &world).await;
        all(&other).await;
        kill_process(pid, Signal::CONT).unwrap();
        tokio::task::spawn_blocking(move || life.wait().unwrap())
            .await
            .unwrap();
        for number in 0..RUNS {
            let ledger = place.ledger(&number.to_string()).await;
            assert_eq!(
                ledger,
                ["+bike", "+lock", "-lock", "-bike"],
                "run {number}, stopped at {lines}"
            );
        }
        let done = (0..RUNS).filter(|number| !world.notes(&number.to_string()).is_empty());
        taken_over += done.count();
        other.shutdown().await;
    }
    assert!(taken_over > 10, "{taken_over} runs were taken over");
}
