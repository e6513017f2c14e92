//! Steps that all want one row. A process that is stopped leaves a queue of transactions for it:
//! each gets the row when the one before has lost it, and does nothing with it.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use scoop::{Scoop, Tx, saga, step};
use sqlx::{Executor as _, query};

use crate::Db;
use crate::kill::{PLACE, told};
use crate::place::Place;
use crate::sagas::{No, Trouble, write};
use crate::world::{World, end_of};

const LEASE: Duration = Duration::from_secs(2);
const RUNS: usize = 60;
/// The lease, and once the time for which a transaction may rest.
const SOON: Duration = Duration::from_secs(20);

#[step(pivot)]
async fn take_one(case: &str, tx: &mut Tx<'_, Db>) -> Result<(), Trouble> {
    let take = query("update account set amount = amount - 1 where name = 'popular'");
    take.execute(&mut *tx).await?;
    told("the row");
    // Enough for it to be stopped here.
    tokio::time::sleep(Duration::from_millis(20)).await;
    write(tx, case, "taken").await?;
    Ok(())
}

#[saga]
async fn popular(case: String) -> Result<(), No> {
    Ok(take_one(&case).await?)
}

async fn all(url: &str, name: &str) -> Scoop {
    let connecting = Scoop::connect(url).name(name).lease(LEASE);
    let scoop = connecting.provide(World::default()).await.unwrap();
    let runs = (0..RUNS).map(|number| {
        let start = scoop
            .start(popular(number.to_string()))
            .id(number.to_string());
        tokio::spawn(async move { end_of(&start.await.unwrap()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
    scoop
}

/// The process that is stopped: not a test by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test below"]
async fn a_life() {
    drop(all(&std::env::var(PLACE).unwrap(), "stopped").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_stopped_is_in_nobodys_way_for_long() {
    let place = Place::new().await;
    let account = "insert into account values ('popular', 60)";
    place.connection().await.execute(account).await.unwrap();
    let mut life = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "queue::a_life"])
        .env(PLACE, place.address())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(life.stdout.take().unwrap()).lines();
    let lines = lines.map_while(Result::ok);
    let mut rows = lines.filter(|line| line.contains("at the row"));
    assert_eq!(rows.by_ref().take(10).count(), 10);
    kill_process(Pid::from_child(&life), Signal::STOP).unwrap();
    let began = Instant::now();
    let other = all(&place.url, "other").await;
    let took = began.elapsed();
    life.kill().unwrap();
    life.wait().unwrap();
    for number in 0..RUNS {
        assert_eq!(place.ledger(&number.to_string()).await, ["taken"]);
    }
    assert!(took < SOON, "it took {took:?}");
    other.shutdown().await;
}
