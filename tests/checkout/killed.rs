//! One process, killed at moments that a seed chooses and started again until it is done.

use std::path::Path;

use crate::chance::Chance;
use crate::facts::{ORDERS, exactly_once, orders};
use crate::place::{Place, until};
use crate::worker::{Task, Worker};

const KILLS: usize = 8;
/// A bit less than what the orders leave in the tables.
const ENTRIES: usize = 5_000;

async fn killed(seed: u64) {
    let place = Place::new().await;
    let task = Task {
        url: &place.url,
        orders: Path::new(ORDERS),
        lease: 10,
    };
    let mut chance = Chance::of(seed);
    let mut moments: Vec<usize> = (0..KILLS).map(|_| chance.below(ENTRIES)).collect();
    moments.sort_unstable();
    let mut kills = 0;
    for moment in moments {
        let moment = i64::try_from(moment).unwrap();
        let mut worker = Worker::start(&task, "shop");
        until("it has written enough", async || {
            worker.ended().is_some() || place.entries().await >= moment
        })
        .await;
        kills += u32::from(worker.kill());
    }
    assert!(kills > 4, "it was killed {kills} times only");
    let mut worker = Worker::start(&task, "shop");
    until("it has ended", async || worker.ended().is_some()).await;
    let said = worker.said();
    assert!(worker.ended().unwrap().success(), "{said}");
    let begin = "791 shipped, 209 failed and undone, 0 in trouble\n\
                 failed: 60 not delivered, 79 not paid, 70 sold out\n\
                 stock: 30000 at the start = 26845 now + 3155 shipped\n";
    assert!(said.starts_with(begin), "{said}");
    assert!(said.ends_with("the books balance\n"), "{said}");
    let readme = include_str!("../../README.md");
    let counts = begin.lines().next().unwrap();
    assert!(readme.contains(&format!("`{counts}`, books balanced")));
    exactly_once(&orders(), &place.pool).await;
    eprintln!("checkout: killed {kills} times with seed {seed:#x}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_orders_survive_being_killed() {
    killed(0x5c00b).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_orders_survive_being_killed_at_other_moments() {
    killed(0xdead_beef).await;
}
