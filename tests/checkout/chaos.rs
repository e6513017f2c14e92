//! Three processes on one database. In each round they get new orders, and some of them are killed,
//! stopped or continued, as a seed has it; what is stopped may stay so for rounds. All orders of a
//! round come to their end in it.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Instant;

use crate::chance::Chance;
use crate::facts::{exactly_once, orders};
use crate::order::Order;
use crate::place::{LONG, Place, until};
use crate::worker::{Task, Worker, file};

const ORDERS: usize = 60;
const ACTIONS: usize = 4;
const LEASE: u32 = 1;

#[derive(Debug, Default)]
struct Count {
    kills: u32,
    stops: u32,
    continued: u32,
    declared_dead: u32,
    processes: u32,
}

struct Chaos {
    place: Place,
    chance: Chance,
    /// Each with whether it is stopped.
    workers: Vec<(Option<Worker>, bool)>,
    file: PathBuf,
    count: Count,
}

impl Chaos {
    /// Starts those that have ended, and sees whether they ended as they may.
    fn tend(&mut self) {
        for number in 0..self.workers.len() {
            let (worker, is_stopped) = &mut self.workers[number];
            if let Some(worker) = worker {
                let Some(status) = worker.ended() else {
                    continue;
                };
                let said = worker.said();
                if status.signal() != Some(9) && !status.success() {
                    assert!(
                        said.contains("this worker stops"),
                        "{}: {said}",
                        worker.name
                    );
                    self.count.declared_dead += 1;
                }
            }
            *is_stopped = false;
            // Now and then a new name: what the old one had is free when its lease is over.
            let again = self.chance.below(3) > 0;
            let name = match worker {
                Some(worker) if again => worker.name.clone(),
                _ => format!("{number} {}", self.count.processes),
            };
            *worker = None;
            self.count.processes += 1;
            let task = Task {
                url: &self.place.url,
                orders: &self.file,
                lease: LEASE,
            };
            self.workers[number].0 = Some(Worker::start(&task, &name));
        }
    }

    /// Kills, stops or continues one of them. One at least works.
    fn act(&mut self) {
        let working = self.workers.iter().filter(|(_, is_stopped)| !is_stopped);
        let is_last = working.count() == 1;
        let (number, what) = (self.chance.below(3), self.chance.below(3));
        let (Some(worker), is_stopped) = &mut self.workers[number] else {
            return;
        };
        if worker.ended().is_some() {
            return;
        }
        match (what, *is_stopped) {
            (0, _) => {
                self.count.kills += u32::from(worker.kill());
            }
            (_, true) => {
                worker.go_on();
                *is_stopped = false;
                self.count.continued += 1;
            }
            (_, false) if !is_last => {
                worker.stop();
                *is_stopped = true;
                self.count.stops += 1;
            }
            _ => {}
        }
    }

    async fn round(&mut self, number: usize, orders: &[Order]) {
        let prefix = format!("{number}/");
        for part in 1..=ACTIONS + 1 {
            let enough = i64::try_from(orders.len() * part / (ACTIONS + 1)).unwrap();
            let began = Instant::now();
            loop {
                self.tend();
                if self.place.ended(&prefix).await >= enough {
                    break;
                }
                if began.elapsed() > LONG {
                    let activity = self.place.activity().await;
                    panic!(
                        "round {number} does not get on: {:?}; {activity}",
                        self.count
                    );
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            if part <= ACTIONS {
                self.act();
            }
        }
        self.place.balances().await;
        exactly_once(orders, &self.place.pool).await;
    }

    /// Continues all, so that whoever is late is late now.
    async fn end(&mut self) {
        for (worker, _) in &mut self.workers {
            let Some(worker) = worker else { continue };
            if worker.ended().is_none() {
                worker.go_on();
            }
            until("it has ended", async || worker.ended().is_some()).await;
        }
    }
}

fn variable(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_workers_are_killed_stopped_and_continued() {
    chaos(3).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: `cargo xtask full`"]
async fn three_workers_are_killed_stopped_and_continued_for_long() {
    chaos(100).await;
}

async fn chaos(rounds: u64) {
    let rounds = usize::try_from(variable("SCOOP_CHAOS_ROUNDS", rounds)).unwrap();
    let seed = variable("SCOOP_CHAOS_SEED", 1);
    let (began, directory) = (Instant::now(), tempfile::tempdir().unwrap());
    let mut chaos = Chaos {
        place: Place::new().await,
        chance: Chance::of(seed),
        workers: (0..3).map(|_| (None, false)).collect(),
        file: PathBuf::new(),
        count: Count::default(),
    };
    let some = orders();
    let mut all = Vec::new();
    for round in 0..rounds {
        let batch = some.iter().cycle().skip(round * ORDERS % some.len());
        let batch = batch.take(ORDERS).cloned().map(|mut order| {
            order.id = format!("{round}/{}", order.id);
            order
        });
        let batch: Vec<Order> = batch.collect();
        chaos.file = file(directory.path(), &round.to_string(), &batch);
        chaos.round(round, &batch).await;
        all.extend(batch);
        if round % 10 == 9 {
            eprintln!("round {}: {:?}", round + 1, chaos.count);
        }
    }
    chaos.end().await;
    // Nothing came late, either.
    exactly_once(&all, &chaos.place.pool).await;
    chaos.place.balances().await;
    let ended = chaos.place.ended("").await;
    assert_eq!(usize::try_from(ended).unwrap(), rounds * ORDERS);
    let again = "select (select count(*) from provider.call) - (select count(distinct key) from provider.call)";
    let again = chaos.place.number(again).await.unwrap();
    println!(
        "checkout, {rounds} rounds with seed {seed}: {ended} orders ended, books balanced; {:?}, \
         {again} calls repeated, {} s",
        chaos.count,
        began.elapsed().as_secs()
    );
}
