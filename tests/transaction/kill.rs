//! Real processes, killed at any moment: each line stands in the ledger exactly once.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use scoop::{Scoop, Trouble};
use scoop_runtime::store::StoreError;

use crate::place::Place;
use crate::sagas::{only, order, refused};
use crate::world::{World, connecting, end_of};

/// Where a life keeps its runs; set where this process is one.
pub(crate) const PLACE: &str = "SCOOP_TEST_PLACE";
const RUNS: usize = 8;
/// Lives after which it must have ended: those that are killed get longer and longer.
const LIVES: usize = 60;

/// Tells whoever may kill this process that something is about to happen, or has.
pub(crate) fn told(what: &str) {
    if std::env::var_os(PLACE).is_some() {
        let mut out = std::io::stdout().lock();
        writeln!(out, "at {what}")
            .and_then(|()| out.flush())
            .unwrap();
    }
}

/// One life of the program: not a test by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test below"]
async fn a_life() {
    let address = std::env::var(PLACE).unwrap();
    let place = Place::at(&address);
    let scoop = born(&place).await;
    let runs = (0..RUNS).map(|number| {
        let (scoop, case) = (scoop.clone(), number.to_string());
        tokio::spawn(async move {
            let id = format!("run {case}");
            match number % 3 {
                0 => drop(end_of(&scoop.start(order(case)).id(id).await.unwrap()).await),
                1 => drop(end_of(&scoop.start(only(case)).id(id).await.unwrap()).await),
                _ => drop(end_of(&scoop.start(refused(case)).id(id).await.unwrap()).await),
            }
        })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
    scoop.shutdown().await;
}

/// Connects as soon as the life before is known to be over.
async fn born(place: &Place) -> Scoop {
    loop {
        let connecting = connecting(place.open().await, &World::default());
        match connecting.name("w").await {
            Err(Trouble::Store(StoreError::InUse(_))) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            connected => return connected.unwrap(),
        }
    }
}

/// Runs one life until it has told of `lines` things; whether it came to its end before.
fn live(address: &str, lines: usize) -> bool {
    let mut life = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "kill::a_life"])
        .env(PLACE, address)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(life.stdout.take().unwrap());
    let told = out.lines().map_while(Result::ok);
    let told = told.filter(|line| line.contains("at ")).take(lines).count();
    if told == lines {
        life.kill().unwrap();
    }
    life.wait().unwrap().success()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_there_once_however_often_the_process_is_killed() {
    let place = Place::new().await;
    let address = place.address();
    let lives = tokio::task::spawn_blocking(move || {
        (1..=LIVES).find(|life| live(&address, life * 5 % 17 + life / 4))
    });
    let lives = lives.await.unwrap().expect("it comes to its end");
    assert!(lives > 3, "it was killed {lives} times");
    for number in 0..RUNS {
        let wanted: &[&str] = match number % 3 {
            0 => &["+bike", "+lock"],
            1 => &["+thing 0", "+thing 1", "+thing 2"],
            _ => &["+bike", "+lock", "-lock", "-bike"],
        };
        let ledger = place.ledger(&number.to_string()).await;
        assert_eq!(ledger, wanted, "run {number}, {lives} lives");
    }
}
