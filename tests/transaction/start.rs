//! Runs that are started in a transaction of the caller's: they exist if it commits.

use std::time::Duration;

use scoop::{RunStatus, Scoop, Tx, saga, step};
use sqlx::Connection as _;

use crate::Db;
use crate::place::Place;
use crate::sagas::{No, order};
use crate::world::{LONG, World, connecting, end_of};

#[step(read_only)]
async fn look(number: u32) -> u32 {
    number
}

#[saga]
pub(crate) async fn looking(number: u32) -> Result<u32, No> {
    Ok(look(number).await)
}

/// Starts another saga, which runs if this step is committed.
#[step(pivot)]
async fn hand_on(number: u32, fail: bool, tx: &mut Tx<'_, Db>) -> Result<(), No> {
    let id = format!("handed on {number}");
    let started = scoop::start_in(&mut *tx, looking(number), id).await;
    started.map_err(|error| No(error.to_string()))?;
    if fail {
        Err(No("luck".to_owned()))
    } else {
        Ok(())
    }
}

#[saga]
async fn relay(number: u32, fail: bool) -> Result<(), No> {
    hand_on(number, fail).await
}

async fn begun() -> (Place, Scoop) {
    let place = Place::new().await;
    let connecting = connecting(place.open().await, &World::default());
    (place, connecting.await.unwrap())
}

async fn is_found(scoop: &Scoop, id: &str) -> bool {
    scoop.find(looking, id).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_exists_if_the_transaction_commits() {
    let (place, scoop) = begun().await;
    let mut connection = place.connection().await;
    for (id, commits) in [("yes", true), ("no", false)] {
        let mut tx = connection.begin().await.unwrap();
        let start = scoop.start(looking(5)).id(id);
        let handle = start.start_in(&mut tx).await.unwrap();
        assert!(!is_found(&scoop, id).await, "it is not committed yet");
        if commits {
            tx.commit().await.unwrap();
            assert_eq!(end_of(&handle).await.1, "5");
        } else {
            tx.rollback().await.unwrap();
            assert!(!is_found(&scoop, id).await);
            assert!(handle.status().await.is_err());
        }
    }
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_a_runtime_can_start_a_run() {
    let (place, scoop) = begun().await;
    let mut connection = place.connection().await;
    let mut tx = connection.begin().await.unwrap();
    let run = scoop::start_in(&mut tx, looking(6), "six").await.unwrap();
    tx.commit().await.unwrap();
    let handle = scoop.find(looking, "six").await.unwrap().unwrap();
    assert_eq!(handle.id(), run);
    assert_eq!(end_of(&handle).await.1, "6");
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_is_one_run() {
    let (place, scoop) = begun().await;
    let mut connection = place.connection().await;
    let first = scoop.start(looking(1)).id("one").await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    let same = scoop::start_in(&mut tx, looking(1), "one").await.unwrap();
    assert_eq!(same, first.id());
    let other = scoop.start(looking(2)).id("one").start_in(&mut tx).await;
    let message = other.unwrap_err().to_string();
    assert!(
        message.contains("was started with another input"),
        "{message}"
    );
    let message = scoop::start_in(&mut tx, looking(2), "").await.unwrap_err();
    assert_eq!(message.to_string(), "the run id is empty");
    tx.commit().await.unwrap();
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_starts_a_run_exactly_if_it_is_done() {
    let (_place, scoop) = begun().await;
    for (number, fail) in [(1, false), (2, true)] {
        let handle = scoop.start(relay(number, fail)).await.unwrap();
        let (status, _) = end_of(&handle).await;
        let id = format!("handed on {number}");
        let found = scoop.find(looking, &id).await.unwrap();
        assert_eq!(found.is_some(), !fail, "{status:?}");
        if let Some(found) = found {
            assert_eq!(end_of(&found).await.1, "1");
        }
    }
    scoop.shutdown().await;
}

/// The rows of the application and the runs are there together, or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn the_committed_half_exists_and_ends() {
    let (place, scoop) = begun().await;
    let starts = (0..crate::STARTERS).map(|starter| {
        let place = place.clone();
        tokio::spawn(async move {
            let mut connection = place.connection().await;
            for number in 0..crate::STARTS / crate::STARTERS {
                let mut tx = connection.begin_with(crate::BEGIN).await.unwrap();
                let id = format!("{starter}/{number}");
                scoop::start_in(&mut tx, looking(number), id).await.unwrap();
                if number % 2 == 0 {
                    tx.commit().await.unwrap();
                } else {
                    tx.rollback().await.unwrap();
                }
            }
        })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap();
    }
    let half = u64::from(crate::STARTS) / 2;
    let ended = async {
        loop {
            let counts = place.counts().await;
            assert!(counts.iter().map(|(_, count)| count).sum::<u64>() <= half);
            if counts == [(RunStatus::Completed as i64, half)] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(LONG, ended).await.unwrap();
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_would_find_it_in_another_database() {
    let world = World::default();
    let scoop = Scoop::connect("memory:").worker(false).provide(world);
    let scoop = scoop.await.unwrap();
    let place = Place::new().await;
    let mut connection = place.connection().await;
    let start = scoop
        .start(order("one".to_owned()))
        .start_in(&mut connection);
    let message = start.await.unwrap_err().to_string();
    assert!(
        message.contains("and the runtime's store is `memory:`"),
        "{message}"
    );
}
