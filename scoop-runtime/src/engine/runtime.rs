//! The runtime as users hold it.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::admin::Admin;
use super::start::Start;
use super::{Connect, Engine, Trouble};
use crate::environment::BoxFuture;
use crate::handle::Handle;
use crate::operation::{Saga, SagaCall, SagaFn};
use crate::protocol::id::RunId;
use crate::store::Hint;

/// How long steps that are under way may take when the runtime is shut down.
const GRACE: Duration = Duration::from_secs(10);

/// A connected runtime: runs the sagas of one store.
///
/// Clones are the same runtime. When the last one is gone its sagas stop where they stand, as in a
/// crash, and go on when a worker connects again; [`shutdown`](Self::shutdown) does it in order.
#[derive(Clone)]
pub struct Scoop {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<Engine>,
    threads: OnceLock<tokio::runtime::Runtime>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.engine.stop_soon();
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// Another runtime was installed before.
#[derive(thiserror::Error)]
#[error("a scoop runtime was already installed, at {0}")]
pub struct InstallError(&'static Location<'static>);

/// As `main` prints it: what it says.
impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

static INSTALLED: OnceLock<(Scoop, &'static Location<'static>)> = OnceLock::new();

tokio::task_local! {
    static SCOPED: Scoop;
}

impl Scoop {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self {
            inner: Arc::new(Inner {
                engine,
                threads: OnceLock::new(),
            }),
        }
    }

    /// Keeps the threads that this runtime runs on.
    pub(super) fn with_threads(self, threads: tokio::runtime::Runtime) -> Self {
        // There is one clone so far, so this never fails.
        drop(self.inner.threads.set(threads));
        self
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.inner.engine
    }

    /// Connects to a store: `sqlite:trips.db` for a file, `postgres://user@host/trips` for a database
    /// that many processes share, `memory:` for nothing that outlives the
    /// process. Await what this returns; before that, `.provide(..)` what the steps need.
    ///
    /// # Errors
    /// When awaited: an unknown scheme; a file that cannot be used, or that another process uses; a
    /// schema made by a newer program; resources that nobody provided; two sagas of one name.
    pub fn connect(url: impl Into<String>) -> Connect {
        super::connect(url)
    }

    /// Makes this the runtime of the process: `book_trip(trip).await` runs on it from anywhere.
    ///
    /// # Errors
    /// When another runtime is installed already.
    #[track_caller]
    pub fn install(&self) -> Result<(), InstallError> {
        let here = Location::caller();
        INSTALLED
            .set((self.clone(), here))
            .map_err(|_| InstallError(INSTALLED.get().map_or(here, |(_, location)| location)))
    }

    /// Runs a future in which this is the runtime, whatever is installed: for tests that run side
    /// by side.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        SCOPED.scope(self.clone(), future).await
    }

    /// The runtime of this task, or of the process.
    ///
    /// # Errors
    /// When there is none.
    pub fn current() -> Result<Self, Trouble> {
        let scoped = SCOPED.try_with(Clone::clone).ok();
        scoped
            .or_else(|| INSTALLED.get().map(|(scoop, _)| scoop.clone()))
            .ok_or(Trouble::NoRuntime)
    }

    /// Starts a saga: `scoop.start(book_trip(trip)).id("trip-42").await?`.
    pub fn start<S: Saga>(&self, call: SagaCall<S>) -> Start<S> {
        Start::new(self.clone(), call)
    }

    /// The run of this saga that was started under this id:
    /// `scoop.find(book_trip, "trip-42").await?`.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub fn find<'a, P, S: Saga>(
        &'a self,
        _: impl SagaFn<P, Saga = S>,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Handle<S>>, Trouble>> {
        // Not an `async fn`: its future would name the function, and a mistake be told three times.
        Box::pin(async move {
            let saga = S::descriptor().description.saga;
            let engine = self.engine();
            let run = engine.ask(|| engine.store.run_by_key(saga, id)).await?;
            Ok(run.map(|run| Handle::new(self.clone(), run.id)))
        })
    }

    /// The run with this id, which has to be one of this saga: `scoop.handle(book_trip, run)`. What
    /// [`Handle::id`] gave once leads back to the run in another process.
    #[must_use]
    pub fn handle<P, S: Saga>(&self, _: impl SagaFn<P, Saga = S>, run: RunId) -> Handle<S> {
        Handle::new(self.clone(), run)
    }

    /// What an operator can see and do.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// Stops in order: nothing is taken up any more, the steps that are under way are finished and
    /// what became of them is written, no other is begun; the runs are given up, so that other workers
    /// take them up at once, and the store is closed. Steps that take longer than 10 seconds are cut
    /// off, as in a crash. What is started meanwhile is stored, for other workers.
    ///
    /// A process that is told to end does this: see `docs/guide/deploying.md`.
    pub async fn shutdown(&self) {
        self.shutdown_within(GRACE).await;
    }

    /// [`shutdown`](Self::shutdown) that waits for as long as this for steps that are under way; not
    /// at all where it is zero.
    pub async fn shutdown_within(&self, grace: Duration) {
        let engine = self.engine();
        engine.drain(grace).await;
        engine.stop().await;
        let detached = engine.store.detach(&engine.fence).await;
        if detached.is_ok() && engine.works && engine.hints.is_on() {
            // What it had is free.
            drop(engine.store.announce(&[Hint::Due]).await);
        }
        engine.store.close().await;
    }

    /// Ends when this runtime runs nothing any more: it was shut down, or it was declared dead, because its
    /// lease was over, and other workers have its runs. A process that does nothing but run sagas
    /// waits for this beside the signal that ends it, and starts again.
    ///
    /// ```
    /// # use scoop_runtime::engine::Scoop;
    /// # async fn example(scoop: Scoop) -> std::io::Result<()> {
    /// tokio::select! {
    ///     told = tokio::signal::ctrl_c() => told?,
    ///     () = scoop.stopped() => return Err(std::io::Error::other("declared dead")),
    /// }
    /// scoop.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stopped(&self) {
        drop(self.engine().stopping().wait_for(|stop| *stop).await);
    }

    /// Ends a future without async code.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Trouble> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Trouble::BlockingInAsync);
        }
        match self.inner.threads.get() {
            Some(threads) => Ok(threads.block_on(future)),
            None => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Trouble::Threads)
                .map(|runtime| runtime.block_on(future)),
        }
    }
}

impl fmt::Debug for Scoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scoop")
            .field("store", &self.engine().store.name())
            .field("worker", &self.engine().fence.worker)
            .finish_non_exhaustive()
    }
}
