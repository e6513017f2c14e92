//! The end of a process, as a store sees it: nothing is asked any more, nothing is answered.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::store::Store;

/// Whether the process that uses a store has died.
#[derive(Debug)]
pub(super) struct Death {
    dead: AtomicBool,
    told: watch::Sender<bool>,
}

impl Death {
    pub(super) fn new() -> Self {
        Self {
            dead: AtomicBool::new(false),
            told: watch::Sender::new(false),
        }
    }

    /// Dies: closes the store, so that another life can open it, and never ends.
    pub(super) async fn die<T>(&self, store: &dyn Store) -> T {
        self.dead.store(true, Ordering::SeqCst);
        store.close().await;
        self.told.send_replace(true);
        std::future::pending().await
    }

    /// What was asked, unless death comes first.
    pub(super) async fn outlives<T>(&self, asked: impl Future<Output = T>) -> T {
        let answer = asked.await;
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        answer
    }

    /// Ends when it has come.
    pub(super) async fn come(&self) {
        drop(self.told.subscribe().wait_for(|told| *told).await);
    }
}
