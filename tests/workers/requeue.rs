//! Runs that one worker gives up, because a process that runs nothing asked for it, and another takes.

use std::time::Duration;

use tokio::time::timeout;

use crate::database::database;
use crate::sagas::{World, through_the_gate};
use crate::{LONG, client, connecting};

/// The step hangs in the first worker, which lives; it is begun again in one of the two.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_a_worker_give_up_a_run_whose_step_hangs() {
    let (url, world) = (database().await, World::default());
    let lease = Duration::from_secs(3_600);
    let first = connecting(&url, "first", &world)
        .lease(lease)
        .await
        .unwrap();
    let client = client(&url, &world).await;
    let id = first.start(through_the_gate()).await.unwrap().id();
    world.until("gate").await;
    let second = connecting(&url, "second", &world)
        .lease(lease)
        .await
        .unwrap();
    client.admin().by("anna").requeue(id).await.unwrap();
    let again = async {
        while world.log().iter().filter(|line| *line == "gate").count() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, again).await.unwrap();
    world.open();
    let handle = client.handle(through_the_gate, id);
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    // Under one key, and what was dropped was not gone on with.
    let log = world.log();
    assert_eq!(log, ["+1", "gate 2", "gate", "gate 2", "gate", "+2"]);
    first.shutdown().await;
    second.shutdown().await;
}

/// What was asked of a life that is over is not asked of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_of_a_dead_worker_is_forgotten() {
    let (url, world) = (database().await, World::default());
    let first = connecting(&url, "first", &world).await.unwrap();
    let client = client(&url, &world).await;
    let id = first.start(through_the_gate()).await.unwrap().id();
    world.until("gate").await;
    drop(first);
    client.admin().requeue(id).await.unwrap();
    world.open();
    let second = connecting(&url, "first", &world).await.unwrap();
    let handle = second.handle(through_the_gate, id);
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    let refused = client.admin().requeue(id).await.unwrap_err().to_string();
    assert!(
        refused.contains("is completed: there is nothing to requeue"),
        "{refused}"
    );
    second.shutdown().await;
}
