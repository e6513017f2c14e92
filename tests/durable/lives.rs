//! Lives of a process at moments of the clock.

use std::sync::Arc;
use std::time::Duration;

use scoop::Scoop;
use scoop::testing::Store;
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::timestamp::Timestamp;

use crate::support::clock::Clock;
use crate::support::{Place, connect, kill};

/// A clock that begins with the test.
pub(crate) struct Watch(Timestamp);

impl Watch {
    pub(crate) fn start() -> Self {
        Self(Clock.now())
    }

    /// Whole seconds since the start.
    pub(crate) fn seconds(&self) -> u64 {
        (Clock.now().since(self.0) + Duration::from_millis(500)).as_secs()
    }

    /// Lets time pass until so many seconds after the start.
    pub(crate) async fn until(&self, seconds: u64) {
        let at = self.0.after(Duration::from_secs(seconds));
        tokio::time::sleep(at.since(Clock.now())).await;
    }
}

/// A process that is killed and started again.
pub(crate) struct Process {
    place: Place,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) scoop: Scoop,
}

impl Process {
    pub(crate) async fn start(place: &Place) -> Self {
        let store = place.open().await;
        let scoop = connect(Arc::clone(&store)).await;
        Self {
            place: place.clone(),
            store,
            scoop,
        }
    }

    /// Killed now, started again so much later.
    pub(crate) async fn restart(self, watch: &Watch, seconds: u64) -> Self {
        kill(self.scoop, &*self.store).await;
        watch.until(seconds).await;
        Self::start(&self.place).await
    }
}
