//! No more runs in memory at once than there is room for.

use std::time::Duration;

use scoop::{Scoop, saga, step};
use tokio::task::JoinSet;

use crate::journal::{self, effect};
use crate::lives::Watch;
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    no_more_run_at_once_than_there_is_room_for,
    what_waits_takes_no_room,
    sagas_below_need_no_room_of_their_own,
    what_there_was_no_room_for_is_taken_up_after_a_restart
);

#[step(read_only)]
async fn takes(case: &str, seconds: u64) {
    effect(case, "begins");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, "ends");
}

#[saga]
async fn works(case: String, seconds: u64) {
    takes(&case, seconds).await;
}

#[saga]
async fn dozes(case: String) {
    scoop::sleep(Duration::from_secs(1_000)).await;
    takes(&case, 1).await;
}

#[saga]
async fn delegates(case: String, depth: u32) -> u32 {
    if depth == 0 {
        takes(&case, 1).await;
        return 1;
    }
    delegates(case, depth - 1).await + 1
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn with_room(place: &Place, runs: usize) -> Scoop {
    let connect = connecting(place.open().await).max_running(runs);
    connect.await.unwrap()
}

/// How many had begun and not ended, at most.
fn at_once(case: &str) -> i32 {
    let (mut now, mut most) = (0, 0);
    for line in journal::read(case) {
        now += if line.contains("begins") { 1 } else { -1 };
        most = most.max(now);
    }
    most
}

async fn no_more_run_at_once_than_there_is_room_for(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let scoop = with_room(&place, 3).await;
    let mut runs = JoinSet::new();
    for _ in 0..12 {
        let handle = scoop.start(works(case.clone(), 5)).await.unwrap();
        runs.spawn(async move { handle.wait().await.unwrap() });
    }
    assert_eq!(watch.seconds(), 0, "who starts does not wait for room");
    assert_eq!(runs.join_all().await.len(), 12);
    assert_eq!(at_once(&case), 3);
    assert_eq!(watch.seconds(), 20);
}

async fn what_waits_takes_no_room(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let scoop = with_room(&place, 1).await;
    let mut runs = JoinSet::new();
    for _ in 0..5 {
        let handle = scoop.start(dozes(case.clone())).await.unwrap();
        runs.spawn(async move { handle.wait().await.unwrap() });
    }
    assert_eq!(runs.join_all().await.len(), 5);
    assert_eq!(at_once(&case), 1);
    assert_eq!(watch.seconds(), 1_005);
}

async fn sagas_below_need_no_room_of_their_own(place: Place) {
    let case = case();
    let scoop = with_room(&place, 1).await;
    let mut runs = JoinSet::new();
    for _ in 0..3 {
        let handle = scoop.start(delegates(case.clone(), 4)).await.unwrap();
        runs.spawn(async move { handle.wait().await.unwrap() });
    }
    assert_eq!(runs.join_all().await, [5, 5, 5]);
}

async fn what_there_was_no_room_for_is_taken_up_after_a_restart(place: Place) {
    let case = case();
    let store = place.open().await;
    let connect = connecting(std::sync::Arc::clone(&store)).max_running(1);
    let scoop = connect.await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(scoop.start(works(case.clone(), 5)).await.unwrap().id());
    }
    crate::support::kill(scoop, &*store).await;
    drop(store);
    let scoop = with_room(&place, 2).await;
    for id in ids {
        scoop.handle(works, id).wait().await.unwrap();
    }
}
