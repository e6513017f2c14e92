//! One life of a process: connected to a store, killed, connected again.

use std::sync::Arc;

use scoop::testing::Store;
use scoop::{Connect, Scoop};

use super::clock::Clock;

/// A connection about to be made to this store, with the tests' clock.
pub(crate) fn connecting(store: Arc<dyn Store>) -> Connect {
    Scoop::connect("memory:")
        .store(store)
        .environment(Arc::new(Clock))
}

/// A runtime on this store.
pub(crate) async fn connect(store: Arc<dyn Store>) -> Scoop {
    connecting(store).await.unwrap()
}

/// Ends a life as SIGKILL does: nothing is written any more.
pub(crate) async fn kill(scoop: Scoop, store: &dyn Store) {
    store.close().await;
    drop(scoop);
}
