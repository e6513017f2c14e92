//! How often a worker looks that finds nothing, and that it finds what comes all the same.

use std::sync::Arc;
use std::time::Duration;

use scoop::saga;
use scoop_runtime::codec::Stored;
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::commit::Commit;
use scoop_runtime::protocol::id::{Fence, RunId, WorkerName};
use scoop_runtime::protocol::run::{NewRun, RunUpdate};
use scoop_runtime::store::Store;

use crate::lives::Watch;
use crate::probe::Probe;
use crate::support::clock::Clock;
use crate::support::{Place, connecting, on_every_store, soon};

on_every_store!(
    who_finds_nothing_looks_once_a_second,
    who_finds_something_looks_often_again
);

const POLL: Duration = Duration::from_millis(50);

#[saga]
async fn answers() -> u32 {
    42
}

async fn polled(place: &Place) -> Arc<Probe> {
    Probe::polled(place.open().await, |_, _| {}, Some(POLL))
}

/// As another process does.
async fn put(store: &dyn Store, fence: &Fence) -> RunId {
    let run = RunId::from_uuid(Clock.uuid());
    let commit = Commit {
        run,
        create: Some(NewRun {
            id: run,
            saga: format!("{}::answers", module_path!()),
            key: None,
            input: Stored::from_json("[]"),
            wake_at: None,
            owned: false,
            parent: None,
            depth: 0,
            priority: 0,
            queue: None,
            created_at: Clock.now(),
        }),
        update: RunUpdate::default(),
        rows: Vec::new(),
    };
    store.commit(fence, &[commit]).await.unwrap();
    run
}

async fn who_finds_nothing_looks_once_a_second(place: Place) {
    let store = polled(&place).await;
    let watch = Watch::start();
    let _scoop = connecting(Arc::<Probe>::clone(&store)).await.unwrap();
    watch.until(10).await;
    let before = store.claims();
    watch.until(70).await;
    let claims = store.claims() - before;
    assert!((59..=61).contains(&claims), "{claims}");
}

async fn who_finds_something_looks_often_again(place: Place) {
    let store = polled(&place).await;
    let watch = Watch::start();
    let scoop = connecting(Arc::<Probe>::clone(&store)).await.unwrap();
    let other = WorkerName("other".to_owned());
    let other = store.attach(&other).await.unwrap();
    watch.until(10).await;
    let run = put(&*store, &other).await;
    assert_eq!(soon(scoop.handle(answers, run).wait()).await.unwrap(), 42);
    assert!(watch.seconds() <= 12, "{}", watch.seconds());
    let before = store.claims();
    let run = put(&*store, &other).await;
    assert_eq!(soon(scoop.handle(answers, run).wait()).await.unwrap(), 42);
    assert!(store.claims() > before);
    watch.until(20).await;
    // Once a second would be ten times; from often to once a second there are some three more.
    let claims = store.claims() - before;
    assert!(claims > 11, "{claims}");
}
