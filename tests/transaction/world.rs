//! What happens outside of the database, and how a test looks into it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scoop::testing::Store;
use scoop::{Connect, Handle, Scoop, Status};
use scoop_runtime::operation::Saga;
use tokio::sync::Barrier;

/// After this a test has failed.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Notes, by the case that they are of; and a place where two transactions meet.
#[derive(Clone, Debug)]
pub(crate) struct World {
    notes: Arc<Mutex<HashMap<String, Vec<String>>>>,
    barrier: Arc<Barrier>,
    /// How often somebody came to the meeting.
    pub(crate) tries: Arc<AtomicU32>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            notes: Arc::default(),
            barrier: Arc::new(Barrier::new(2)),
            tries: Arc::default(),
        }
    }
}

impl World {
    /// Waits for the other one, the first time.
    #[allow(dead_code, reason = "on SQLite nobody meets")]
    pub(crate) async fn meet(&self) {
        if self.tries.fetch_add(1, Ordering::SeqCst) < 2 {
            self.barrier.wait().await;
        }
    }

    pub(crate) fn note(&self, case: &str, line: String) {
        let mut notes = self.notes.lock().unwrap();
        notes.entry(case.to_owned()).or_default().push(line);
    }

    pub(crate) fn notes(&self, case: &str) -> Vec<String> {
        self.notes
            .lock()
            .unwrap()
            .get(case)
            .cloned()
            .unwrap_or_default()
    }
}

/// A runtime about to be connected to this store.
pub(crate) fn connecting(store: Arc<dyn Store>, world: &World) -> Connect {
    Scoop::connect("memory:")
        .store(store)
        .provide(world.clone())
}

/// How a run ended: its status, what it returned or said, what became of its compensations.
pub(crate) async fn end_of<S: Saga<Ok: Debug, Error: Debug>>(
    handle: &Handle<S>,
) -> (Status, String) {
    let ended = tokio::time::timeout(LONG, handle.wait()).await;
    let text = match ended.expect("it ends within a minute") {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            assert!(!error.is_infrastructure(), "{error:?}");
            let undone = error.compensations().len();
            format!("{:?} {error}, {undone} undone", error.kind())
        }
    };
    (handle.status().await.unwrap(), text)
}
