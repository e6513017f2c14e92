//! Processes that tell each other what there is to do. The workers here look once an hour by themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scoop::{Connect, FailureKind, Scoop};
use scoop_runtime::store::{Lease, Opening, PostgresStore};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::time::timeout;

use crate::database::{database, execute};
use crate::sagas::{World, many, ordered_and_slept, slept, through_the_gate};
use crate::{LONG, client};

const HOUR: Duration = Duration::from_secs(3_600);

async fn polling(url: &str, name: &str, world: &World, poll: Duration) -> Connect {
    let opening = Opening {
        lease: Lease {
            length: HOUR * 4,
            poll,
            ..Lease::default()
        },
        ..Opening::default()
    };
    let store = PostgresStore::open(url, opening).await.unwrap();
    let connect = Scoop::connect(url).store(Arc::new(store)).name(name);
    connect.provide(world.clone())
}

async fn rare(url: &str, name: &str, world: &World) -> Connect {
    polling(url, name, world, HOUR).await
}

/// Waits until so many processes listen.
async fn listeners(url: &str, count: i64) {
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let sql = "select count(*) from pg_stat_activity
        where datname = current_database() and query like 'LISTEN%'";
    let all = async {
        while sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap()
            < count
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, all).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_starts_is_taken_up_at_once() {
    let (url, world) = (database().await, World::default());
    let worker = rare(&url, "w", &world).await.await.unwrap();
    listeners(&url, 1).await;
    let client = client(&url, &world).await;
    for _ in 0..3 {
        let handle = client.start(many(3)).await.unwrap();
        assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    }
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_started_in_a_transaction_is_taken_up_when_that_is_committed() {
    let (url, world) = (database().await, World::default());
    let worker = rare(&url, "w", &world).await.await.unwrap();
    listeners(&url, 1).await;
    let client = client(&url, &world).await;
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    let handle = client.start(many(3)).start_in(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    worker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_that_a_run_is_cancelled() {
    let (url, world) = (database().await, World::default());
    let worker = rare(&url, "w", &world).await.await.unwrap();
    listeners(&url, 1).await;
    let client = client(&url, &world).await;
    let handle = client.start(slept()).await.unwrap();
    timeout(LONG, world.until("+1")).await.unwrap();
    handle.cancel().await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    worker.shutdown().await;
}

/// The run below is another worker's, and is cancelled by that of the one above.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_worker_awaits_another_takes_up_at_once() {
    let (url, world) = (database().await, World::default());
    let above = rare(&url, "above", &world).await;
    let above = above.sagas(["ordered_and_slept"]).await.unwrap();
    let below = rare(&url, "below", &world).await;
    let below = below.sagas(["slept"]).await.unwrap();
    listeners(&url, 2).await;
    let handle = above.start(ordered_and_slept()).await.unwrap();
    timeout(LONG, world.until("+1")).await.unwrap();
    handle.cancel().await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    above.shutdown().await;
    below.shutdown().await;
}

/// The other one has no use for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_a_queue_that_one_worker_leaves_another_takes() {
    let (url, world) = (database().await, World::default());
    let one = rare(&url, "one", &world)
        .await
        .sagas(["workers::sagas::through_the_gate"]);
    let two = rare(&url, "two", &world)
        .await
        .sagas(["workers::sagas::many"]);
    let (one, two) = (one.queue("q", 1).await.unwrap(), two.await.unwrap());
    listeners(&url, 2).await;
    let client = client(&url, &world).await;
    let first = client.start(through_the_gate()).queue("q").await.unwrap();
    world.until("gate").await;
    let second = client.start(many(3)).queue("q").await.unwrap();
    assert!(second.result().await.is_none());
    world.open();
    assert_eq!(timeout(LONG, first.wait()).await.unwrap().unwrap(), 3);
    assert_eq!(timeout(LONG, second.wait()).await.unwrap().unwrap(), 3);
    one.shutdown().await;
    two.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_leaves_that_closes_another_takes_up_at_once() {
    let (url, world) = (database().await, World::default());
    let old = rare(&url, "old", &world).await.await.unwrap();
    let new = rare(&url, "new", &world).await.await.unwrap();
    listeners(&url, 2).await;
    let id = old.start(through_the_gate()).await.unwrap().id();
    world.until("gate").await;
    old.shutdown_within(Duration::from_millis(50)).await;
    world.open();
    let handle = new.handle(through_the_gate, id);
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    new.shutdown().await;
}

/// What was said meanwhile is found as soon as it listens again.
#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_lost_its_connection_gets_another() {
    let (url, world) = (database().await, World::default());
    let worker = rare(&url, "w", &world).await.await.unwrap();
    let client = client(&url, &world).await;
    for _ in 0..2 {
        listeners(&url, 1).await;
        execute(
            &url,
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query like 'LISTEN%'",
        )
        .await;
        let handle = client.start(many(3)).await.unwrap();
        assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    }
    worker.shutdown().await;
}

/// It looks by itself.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_listen_finds_everything_all_the_same() {
    let (url, world) = (database().await, World::default());
    let often = Duration::from_millis(100);
    let worker = polling(&url, "w", &world, often).await.listen(false);
    let worker = worker.await.unwrap();
    let client = client(&url, &world).await;
    let began = Instant::now();
    let handle = client.start(many(3)).await.unwrap();
    assert_eq!(timeout(LONG, handle.wait()).await.unwrap().unwrap(), 3);
    assert!(began.elapsed() < LONG / 4);
    let handle = client.start(slept()).await.unwrap();
    world.until("+1").await;
    handle.cancel().await.unwrap();
    timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    let options: PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let sql = "select count(*) from pg_stat_activity
        where datname = current_database() and query like 'LISTEN%' and application_name = 'scoop'";
    let count: i64 = sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    // The client waits for a run.
    assert_eq!(count, 1);
    worker.shutdown().await;
}
