//! A run that its worker gives up, and what of it is written and begun again.

use std::time::Duration;

use scoop::admin::RowKind;
use scoop::testing::FaultStore;
use scoop::{Resource, RunFilter, Status, saga, step};

use crate::connect;
use crate::sagas::{Full, World};
use crate::support::{Place, on_every_store, soon};

on_every_store!(
    a_step_that_hangs_is_begun_again_under_its_key,
    a_sleep_that_was_given_up_ends_when_it_would_have,
    who_requeued_is_shown,
    a_run_that_is_requeued_at_once_has_begun
);

/// Hangs the first time.
#[step(rollback = unhang)]
async fn hang(test: &str, world: Resource<World>) -> Result<String, Full> {
    let key = scoop::context().unwrap().idempotency_key();
    world.effect(test, &format!("hangs {key}"));
    if world.log(test).len() == 1 {
        std::future::pending::<()>().await;
    }
    Ok(key)
}

async fn unhang(_: &str, _: String) -> Result<(), Full> {
    Ok(())
}

#[saga]
async fn hanging(test: String) -> Result<String, Full> {
    hang(&test).await
}

#[saga]
async fn sleeping() -> Result<(), Full> {
    scoop::sleep(Duration::from_secs(8)).await;
    Ok(())
}

/// It is in the store, and who started it was not told so yet.
async fn a_run_that_is_requeued_at_once_has_begun(place: Place) {
    let store = FaultStore::new(place.open().await);
    let scoop = connect(store.clone(), &World::default()).await;
    store.lose_answers(1);
    let start = scoop.start(sleeping());
    let start = tokio::spawn(async move { start.await });
    let admin = scoop.admin();
    let run = soon(async {
        loop {
            if let [row] = &*admin.list(&RunFilter::default()).await.unwrap() {
                return row.id;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let run = run.await;
    assert!(!start.is_finished());
    soon(admin.requeue(run)).await.unwrap();
    let handle = soon(start).await.unwrap().unwrap();
    assert_eq!(handle.id(), run);
    let ended = tokio::time::timeout(Duration::from_secs(86_400 * 31), handle.wait());
    ended.await.unwrap().unwrap();
}

async fn until_it_hangs(world: &World) {
    while world.log("t").is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn a_step_that_hangs_is_begun_again_under_its_key(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(hanging("t".into())).await.unwrap();
    soon(until_it_hangs(&world)).await;
    scoop.admin().requeue(handle.id()).await.unwrap();
    // Where others may take it, this worker does at its next look.
    let key = tokio::time::timeout(Duration::from_secs(86_400 * 31), handle.wait());
    let key = key.await.unwrap().unwrap();
    assert_eq!(
        world.log("t"),
        [format!("hangs {key}"), format!("hangs {key}")]
    );
    let (_, rows) = scoop.admin().show(handle.id()).await.unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| (row.seq.0, row.kind)).collect();
    let wanted = [
        (1, RowKind::Await),
        (1, RowKind::Operator),
        (2, RowKind::End),
    ];
    assert_eq!(kinds, wanted);
}

async fn a_sleep_that_was_given_up_ends_when_it_would_have(place: Place) {
    let world = World::default();
    let store = place.open().await;
    let is_shared = store.lease().is_some();
    let scoop = connect(store, &world).await;
    let began = tokio::time::Instant::now();
    let handle = scoop.start(sleeping()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    scoop.admin().requeue(handle.id()).await.unwrap();
    if is_shared {
        // Another worker looks when it starts, and finds it.
        let other = connect(place.open().await, &world).await;
        soon(other.handle(sleeping, handle.id()).wait())
            .await
            .unwrap();
        let (row, _) = scoop.admin().show(handle.id()).await.unwrap();
        assert_ne!(row.owner, None);
        assert!(!format!("{scoop:?}").contains(&row.owner.unwrap().0));
    } else {
        soon(handle.wait()).await.unwrap();
    }
    assert_eq!(began.elapsed().as_secs(), 8);
}

async fn who_requeued_is_shown(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(hanging("t".into())).await.unwrap();
    soon(until_it_hangs(&world)).await;
    scoop.admin().by("anna").requeue(handle.id()).await.unwrap();
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    let (_, rows) = scoop.admin().show(handle.id()).await.unwrap();
    let did = rows
        .iter()
        .find(|row| row.kind == RowKind::Operator)
        .unwrap();
    assert_eq!(did.operation.as_deref(), Some("scoop::requeue"));
    assert_eq!(
        did.arguments.as_ref().unwrap().json().unwrap(),
        r#"{"actor":"anna"}"#
    );
}
