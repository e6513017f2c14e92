//! The only file here that knows the engine: how a saga is run on a memory store, killed at a commit,
//! and found again on the same store.

use std::future::Future;
use std::sync::Arc;

use scoop::__private::{Saga, SagaCall};
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

/// A store that outlives an engine.
#[derive(Clone)]
pub struct Shelf(Arc<CrashStore>);

impl Shelf {
    pub fn new() -> Self {
        Self(Arc::new(CrashStore::new(Arc::new(MemoryStore::new()))))
    }

    /// How many commits it has seen.
    pub fn commits(&self) -> u64 {
        self.0.commits()
    }
}

/// Runs the plain half.
pub async fn run_plain(program: impl Future<Output = Outcome>) -> Outcome {
    program.await
}

/// One life: starts the run, or goes on with the one that is there; until it ends, or until the crash
/// right after commit `crash_at`.
///
/// The second life calls `start` with the same id. It must not run the body's beginning again: the
/// run is stored, so `start` has only to answer with it.
pub async fn run_saga<S>(call: SagaCall<S>, crash_at: Option<u64>, store: Shelf) -> Ended
where
    S: Saga<Ok = Vec<i64>, Error = Fault>,
{
    let crashed = store.0.crash_after(crash_at);
    let life = async {
        let scoop = Scoop::connect("memory:").store(store.0.clone()).await.expect("it connects");
        let handle = scoop.start(call).id("the run").await.expect("it starts");
        let outcome = match handle.wait().await {
            Ok(values) => Ok(values),
            Err(error) => Err(error.into_saga_error().expect("the saga's own error")),
        };
        scoop.shutdown().await;
        Ended::Returned(outcome)
    };
    tokio::select! {
        biased;
        () = crashed => Ended::Crashed,
        ended = life => ended,
    }
}
