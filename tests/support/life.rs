//! One life of a process: connected to a store, killed, connected again.

use std::sync::Arc;
use std::time::Duration;

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

/// Ends a life as SIGKILL does: nothing is written any more, and nothing is done any more, even
/// where a handle on it is left.
pub(crate) async fn kill(scoop: Scoop, store: &dyn Store) {
    store.close().await;
    scoop.shutdown_within(Duration::ZERO).await;
}

/// What a test waits for. An hour of the tests' clock is as long as anything may take: a run that
/// never ends fails its test.
pub(crate) async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    let hour = Duration::from_secs(3_600);
    let awaited = tokio::time::timeout(hour, awaited).await;
    awaited.expect("it ends within an hour")
}
