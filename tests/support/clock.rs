//! The world around the engine, with the clock of the tokio runtime: where that is paused, an hour
//! passes as soon as nobody has anything else to do.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use scoop_runtime::environment::{BoxFuture, Environment};
use scoop_runtime::protocol::timestamp::Timestamp;
use uuid::Uuid;

/// About an hour before the first test asks for the time: 2023-11-14T22:13:20Z.
pub(crate) const EPOCH: Timestamp = Timestamp(1_700_000_000_000);

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// The clock of a test stands at the moment when its runtime was made, which may be before anybody asks for
/// the time: that has to be after the origin as well, or time would seem to stand still.
const HEAD_START: Duration = Duration::from_secs(3_600);

/// One clock for all lives of a test.
#[derive(Debug)]
pub(crate) struct Clock;

impl Environment for Clock {
    fn now(&self) -> Timestamp {
        let origin = *ORIGIN.get_or_init(|| Instant::now() - HEAD_START);
        let now = tokio::time::Instant::now().into_std();
        EPOCH.after(now.saturating_duration_since(origin))
    }

    fn monotonic(&self) -> Duration {
        self.now().since(EPOCH)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    /// Pauses are as long as the policy says.
    fn random(&self) -> f64 {
        0.0
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(tokio::spawn(task));
    }
}
