//! The server is restarted again and again while two processes work: in peace, and as in a crash.

use std::path::Path;

use scoop_testserver::{Server, Shutdown, Sync};

use crate::facts::{ORDERS, exactly_once, orders};
use crate::place::{Place, until};
use crate::worker::{Task, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_server_is_restarted() {
    let mut server = Server::start(Sync::On).unwrap();
    let place = Place::on(server.url()).await;
    let task = Task {
        url: &place.url,
        orders: Path::new(ORDERS),
        lease: 10,
    };
    let mut workers = ["one", "two"].map(|name| Worker::start(&task, name));
    let orders = orders();
    let mut starts = std::collections::BTreeSet::new();
    let mut restarts = 0;
    for ended in (100..=900).step_by(100) {
        until("more orders have ended", async || {
            place.ended("").await >= ended
        })
        .await;
        let how = match restarts % 2 {
            0 => Shutdown::Immediate,
            _ => Shutdown::Fast,
        };
        server.restart(how).unwrap();
        restarts += 1;
        let start = "select (extract(epoch from pg_postmaster_start_time()) * 1000)::bigint";
        let start = place.number(start).await.unwrap();
        assert!(starts.insert(start), "it is the server of before");
    }
    for worker in &mut workers {
        until("it has ended", async || worker.ended().is_some()).await;
        let said = worker.said();
        assert!(worker.ended().unwrap().success(), "{said}");
        assert!(
            said.contains("791 shipped, 209 failed and undone, 0 in trouble"),
            "{said}"
        );
    }
    exactly_once(&orders, &place.pool).await;
    place.balances().await;
    eprintln!("checkout: the server was restarted {restarts} times");
}
