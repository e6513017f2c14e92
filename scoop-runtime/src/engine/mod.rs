//! The engine: drives runs forward and back. It knows the store only as a trait, time and
//! randomness only through the environment, and users only through the descriptors.

mod attempt;
mod blame;
mod connect;
mod execution;
mod executor;
mod history;
mod live;
mod log;
mod performer;
mod prepare;
mod reading;
mod recovery;
mod registry;
mod rollback;
mod runtime;
mod start;
mod trouble;
mod undo;
mod work;
mod writer;

#[cfg(test)]
mod tests;

pub use connect::Connect;
pub use runtime::Scoop;
pub use start::Start;
pub use trouble::{ConnectError, InstallError, StartError, Trouble};

pub(crate) use live::Progress;
pub(crate) use log::{Draft, encode};
pub(crate) use work::Work;
pub(crate) use writer::WriteError;

use std::sync::Arc;

use tokio::sync::watch;

use crate::environment::{BoxFuture, Environment};
use crate::protocol::timestamp::Timestamp;
use crate::resource::Resources;
use crate::store::{Store, StoreError};
use live::Live;
use log::Leave;
use registry::Registry;
use writer::Writer;

/// One worker of one store.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) env: Arc<dyn Environment>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) writer: Writer,
    pub(crate) registry: Registry,
    pub(crate) resources: Resources,
    pub(crate) limits: Limits,
    pub(crate) live: Live,
    pub(crate) name: String,
    /// Whether it drives runs.
    pub(crate) worker: bool,
    /// The sagas that it drives; all where there is no list.
    pub(crate) served: Option<Vec<String>>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) tasks: watch::Sender<usize>,
}

/// What is settable of an engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most bytes of arguments, and of locals, at one await point.
    pub(crate) payload: usize,
    /// How often a rollback runs a step in doubt again to find out whether it happened.
    pub(crate) settle_attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload: 4 << 20, settle_attempts: 10 }
    }
}

/// Counts a task of the engine for as long as it lives.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|tasks| *tasks -= 1);
    }
}

impl Engine {
    /// Whether this worker drives runs of this saga.
    pub(crate) fn serves(&self, saga: &str) -> bool {
        self.worker && self.served.as_ref().is_none_or(|served| served.iter().any(|s| s == saga))
    }

    /// Runs a task until it ends or the engine stops.
    pub(crate) fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.tasks.send_modify(|tasks| *tasks += 1);
        let counted = Counted(self.tasks.clone());
        let mut stop = self.stop.subscribe();
        self.env.spawn(Box::pin(async move {
            let _counted = counted;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => {}
                () = task => {}
            }
        }));
    }

    /// Stops driving runs; they go on when a worker is started again.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether it was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Stops, waits for the commits under way, and gives the store back.
    pub(crate) async fn shut_down(&self) {
        self.stop();
        let _ = self.tasks.subscribe().wait_for(|tasks| *tasks == 0).await;
        self.writer.close().await;
        self.live.clear();
    }

    /// Waits for a moment.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        loop {
            let left = moment.since(self.env.now());
            if left.is_zero() {
                return;
            }
            self.env.sleep(left).await;
        }
    }

    /// Reads on behalf of a run, which waits while the store is away.
    pub(crate) async fn read<T>(
        &self,
        read: impl Fn() -> BoxFuture<'static, Result<T, StoreError>>,
    ) -> Result<T, Leave> {
        let result = reading::patiently(&self.env, read).await;
        result.map_err(|error| Leave::Parked(error.to_string()))
    }

    /// Reads on behalf of a caller outside.
    pub(crate) async fn ask<T>(
        &self,
        read: impl Fn() -> BoxFuture<'static, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        reading::boundedly(&self.env, read).await
    }
}
