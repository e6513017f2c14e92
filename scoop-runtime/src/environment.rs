//! Time, randomness and spawning, through one seam, so that the engine can be simulated.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use uuid::Uuid;

use crate::protocol::timestamp::Timestamp;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the engine asks of the world around it.
pub trait Environment: Debug + Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// The time that has passed since some moment, by a clock that nobody sets.
    fn monotonic(&self) -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
    }

    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// A random number from 0 up to and without 1.
    fn random(&self) -> f64;

    /// A new UUID of version 7.
    fn uuid(&self) -> Uuid;

    /// Runs a future beside the caller's.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// A new UUID of version 7, in the world as it is.
pub(crate) fn new_uuid() -> Uuid {
    Uuid::now_v7()
}

/// The world as it is: the system clock, the system's randomness, the tokio runtime.
#[derive(Debug)]
pub struct System {
    runtime: tokio::runtime::Handle,
}

impl System {
    /// The world of this tokio runtime.
    #[must_use]
    pub const fn new(runtime: tokio::runtime::Handle) -> Self {
        Self { runtime }
    }
}

impl Environment for System {
    /// The system clock; where a test has paused tokio's, and lets it leap, it leaps as far.
    fn now(&self) -> Timestamp {
        let _guard = self.runtime.enter();
        let (ours, theirs) = (tokio::time::Instant::now().into_std(), Instant::now());
        let now = SystemTime::now();
        let leapt = now + ours.saturating_duration_since(theirs);
        (leapt - theirs.saturating_duration_since(ours)).into()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let _guard = self.runtime.enter();
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> f64 {
        let bits = Uuid::new_v4().as_u64_pair().1 & ((1 << 53) - 1);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let fraction = bits as f64 / (1_u64 << 53) as f64;
        fraction
    }

    fn uuid(&self) -> Uuid {
        new_uuid()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(self.runtime.spawn(task));
    }
}
