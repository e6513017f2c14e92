//! The same for many runs at once.

use std::time::Duration;

use scoop::admin::{Bulk, Direction, RowKind};
use scoop::{RunFilter, RunStatus};

use crate::connect;
use crate::sagas::{World, names, past_pivot, sleeps, trip};
use crate::support::{Place, connecting, on_every_store, soon};

on_every_store!(
    all_that_are_stuck_go_on,
    some_refuse_and_say_why,
    all_that_are_of_one_kind_are_cancelled_and_removed,
    who_did_it_stands_with_each
);

fn of(key_prefix: &str) -> RunFilter {
    RunFilter {
        key_prefix: Some(key_prefix.to_owned()),
        limit: 2,
        ..RunFilter::default()
    }
}

/// More than there is room for.
async fn all_that_are_stuck_go_on(place: Place) {
    let world = World::default();
    let connect = connecting(place.open().await).provide(world.clone());
    let scoop = connect.max_running(2).await.unwrap();
    for number in 0..5 {
        let trip = trip(format!("{number}"), names(&["a", "sticky", "full"]));
        let handle = scoop.start(trip).id(format!("s/{number}")).await.unwrap();
        assert!(soon(handle.wait()).await.unwrap_err().is_stuck());
    }
    let done = scoop.start(sleeps()).id("s/9").await.unwrap();
    soon(done.wait()).await.unwrap();
    let all = scoop.admin().all(of("s/"));
    assert_eq!(all.count().await.unwrap(), 6);
    let bulk = all.retry().await.unwrap();
    let five = Bulk {
        changed: 5,
        ..Bulk::default()
    };
    assert_eq!(bulk, five);
    let undone = RunFilter {
        status: vec![RunStatus::RolledBack],
        ..of("s/")
    };
    let undone = scoop.admin().all(undone);
    let ended = async {
        while undone.count().await.unwrap() < 5 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    soon(ended).await;
    assert_eq!(all.retry().await.unwrap(), Bulk::default());
}

async fn some_refuse_and_say_why(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let paid = scoop.start(past_pivot("p".into())).id("x/1").await.unwrap();
    soon(paid.wait()).await.unwrap_err();
    let full = trip("t".into(), names(&["full"]));
    let full = scoop.start(full).id("x/2").await.unwrap();
    soon(full.wait()).await.unwrap_err();
    let skipped = scoop.admin().all(of("x/")).skip("no").await.unwrap();
    assert_eq!((skipped.changed, skipped.refused), (0, 1));
    assert_eq!(skipped.refusals[0].run, paid.id());
    let reason = &skipped.refusals[0].reason;
    assert!(reason.contains("failed past its pivot"), "{reason}");
    // Where statuses are named, those are meant.
    let all = RunFilter {
        status: RunStatus::ALL.to_vec(),
        ..of("x/")
    };
    let undone = scoop.admin().all(all).roll_back("no").await.unwrap();
    assert_eq!((undone.changed, undone.refused), (0, 2));
    let resolved = scoop.admin().all(of("x/")).resolve("by hand").await;
    assert_eq!(resolved.unwrap().changed, 1);
}

async fn all_that_are_of_one_kind_are_cancelled_and_removed(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let mut handles = Vec::new();
    for number in 0..5 {
        let later = scoop.start(sleeps()).after(Duration::from_secs(3_600));
        let key = format!("{}/{number}", if number < 3 { "a" } else { "b" });
        handles.push(later.id(key).await.unwrap());
    }
    let admin = scoop.admin();
    assert_eq!(admin.all(of("a/")).requeue().await.unwrap().refused, 3);
    assert_eq!(admin.all(of("a/")).cancel("no").await.unwrap().changed, 3);
    for handle in &handles[..3] {
        soon(handle.wait()).await.unwrap_err();
    }
    assert_eq!(admin.all(of("")).remove().await.unwrap().changed, 3);
    assert_eq!(admin.all(of("")).count().await.unwrap(), 2);
    assert_eq!(admin.all(of("b/")).count().await.unwrap(), 2);
}

async fn who_did_it_stands_with_each(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let mut runs = Vec::new();
    for number in 0..3 {
        let test = format!("c{number}");
        let flaky = trip(test.clone(), names(&["a", "b"]));
        let handle = scoop.start(flaky).id(format!("c/{number}")).await.unwrap();
        soon(handle.wait()).await.unwrap();
        runs.push(handle);
    }
    let admin = scoop.admin().by("anna");
    let undone = admin.all(of("c/")).roll_back("it rains").await.unwrap();
    assert_eq!((undone.changed, undone.refused), (3, 0));
    for handle in &runs {
        soon(handle.wait()).await.unwrap_err();
        let (_, rows) = admin.show(handle.id()).await.unwrap();
        let did: Vec<_> = rows
            .iter()
            .filter(|row| row.kind == RowKind::Operator)
            .collect();
        assert_eq!(did.len(), 1);
        assert_eq!(did[0].direction, Direction::Undo);
        let why = did[0].arguments.as_ref().unwrap().json().unwrap();
        assert_eq!(why, r#"{"actor":"anna","reason":"it rains"}"#);
    }
}
