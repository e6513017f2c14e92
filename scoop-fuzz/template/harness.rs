//! The only file here that knows the engine: how a saga is run on a memory store, killed at a commit,
//! and found again on the same store.

use std::sync::{Arc, Mutex};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use scoop::__private::runtime::operation::{Saga, SagaCall};
use scoop::Scoop;
use scoop::testing::{CrashStore, MemoryStore};

use crate::Outcome;
use crate::kit::Fault;

/// How one life of a run ended.
#[derive(Debug)]
pub enum Ended {
    Returned(Outcome),
    Crashed,
}

/// A store that outlives an engine, how many commits it has seen, and how much time went by.
#[derive(Clone)]
pub struct Shelf(MemoryStore, Arc<AtomicU64>, Arc<Mutex<Duration>>);

impl Shelf {
    pub fn new() -> Self {
        Self(MemoryStore::new(), Arc::default(), Arc::default())
    }

    /// How many commits it has seen.
    pub fn commits(&self) -> u64 {
        self.1.load(Ordering::SeqCst)
    }
}

/// One life in a process of its own, so that nothing of it goes on afterwards.
pub fn run_saga<S>(call: SagaCall<S>, crash_at: Option<u64>, store: Shelf) -> Ended
where
    S: Saga<Ok = Vec<i64>, Error = Fault>,
{
    // Nobody waits for a nap: time leaps where nothing else is to be done.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime can be made").block_on(life(call, crash_at, store))
}

/// One life: starts the run, or goes on with the one that is there; until it ends, or until the crash
/// right after commit `crash_at`.
///
/// The second life calls `start` with the same id. It does not run the body's beginning again: the
/// run is stored, so `start` has only to answer with it.
async fn life<S>(call: SagaCall<S>, crash_at: Option<u64>, store: Shelf) -> Ended
where
    S: Saga<Ok = Vec<i64>, Error = Fault>,
{
    let began = tokio::time::Instant::now();
    let before = *store.2.lock().unwrap();
    tokio::time::advance(before).await;
    let crashing = Arc::new(CrashStore::new(Arc::new(store.0.clone()), crash_at));
    let life = async {
        let scoop = Scoop::connect("memory:").store(crashing.clone()).await.expect("it connects");
        let handle = scoop.start(call).id("the run").await.expect("it starts");
        let outcome = match handle.wait().await {
            Ok(values) => Ok(values),
            Err(error) => Err(error.into_error().expect("the saga's own error")),
        };
        scoop.shutdown().await;
        Ended::Returned(outcome)
    };
    let ended = tokio::select! {
        biased;
        () = crashing.crashed() => Ended::Crashed,
        ended = life => ended,
    };
    *store.2.lock().unwrap() = began.elapsed();
    store.1.fetch_add(crashing.commits(), Ordering::SeqCst);
    ended
}
