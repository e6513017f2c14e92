//! The runtime as users hold it.

use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Connect, Engine, InstallError, Start, Trouble};
use crate::admin::Admin;
use crate::context::try_context;
use crate::environment::BoxFuture;
use crate::error::SagaError;
use crate::handle::Handle;
use crate::operation::{Saga, SagaCall};
use crate::protocol::id::RunId;

/// A runtime: starts sagas, drives them, and takes up what a crash left unfinished.
///
/// Clones are the same runtime. When the last one is dropped it stops; unfinished runs go on when
/// a runtime of the same store is started again.
#[derive(Clone, Debug)]
pub struct Scoop(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    tokio: tokio::runtime::Handle,
    own: Option<tokio::runtime::Runtime>,
}

static INSTALLED: OnceLock<(Scoop, &'static Location<'static>)> = OnceLock::new();

tokio::task_local! {
    static SCOPED: Scoop;
}

impl Scoop {
    /// Connects to the store at `url` (`sqlite:trips.db`, `memory:`): await what this returns.
    pub fn connect(url: impl Into<String>) -> Connect {
        Connect::new(url.into())
    }

    pub(super) fn new(
        engine: Arc<Engine>,
        tokio: tokio::runtime::Handle,
        own: Option<tokio::runtime::Runtime>,
    ) -> Self {
        Self(Arc::new(Shared { engine, tokio, own }))
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.0.engine
    }

    /// Makes this the runtime of the process, on which an awaited saga runs.
    ///
    /// # Errors
    /// When there is one already.
    #[track_caller]
    pub fn install(&self) -> Result<(), InstallError> {
        let mine = (self.clone(), Location::caller());
        INSTALLED.set(mine).map_err(|_| {
            let (first, place) = INSTALLED.get().expect("it is set, or setting it had worked");
            InstallError { worker: first.engine().name.clone(), place }
        })
    }

    /// Runs a future in which this runtime is the current one: for tests that run side by side.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        SCOPED.scope(self.clone(), future).await
    }

    /// The runtime of the scope, or else of the process.
    #[must_use]
    pub fn current() -> Option<Self> {
        SCOPED
            .try_with(Clone::clone)
            .ok()
            .or_else(|| INSTALLED.get().map(|(scoop, _)| scoop.clone()))
    }

    /// Starts a run: `scoop.start(book_trip(trip)).id("order-42").await?`.
    pub fn start<S: Saga>(&self, call: SagaCall<S>) -> Start<S> {
        Start::new(self.clone(), call)
    }

    /// The run with this id, or that was started under this id of your own.
    ///
    /// # Errors
    /// When there is none, it is one of another saga, or the store fails.
    pub async fn handle<S: Saga>(&self, id: impl Into<String>) -> Result<Handle<S>, Trouble> {
        let (id, engine, wanted) = (id.into(), self.engine(), S::descriptor().description.saga);
        let by_key = engine.ask(|| {
            let (store, id) = (Arc::clone(&engine.store), id.clone());
            Box::pin(async move { store.run_by_key(wanted, &id).await })
        });
        let row = match by_key.await? {
            Some(row) => Some(row),
            None => match id.parse::<RunId>() {
                Ok(run) => {
                    let read = || {
                        let store = Arc::clone(&engine.store);
                        Box::pin(async move { store.run(run).await }) as _
                    };
                    engine.ask(read).await?
                }
                Err(_) => None,
            },
        };
        let row = row.ok_or_else(|| Trouble::NoRun(id))?;
        if row.saga != wanted {
            return Err(Trouble::OtherSaga { run: row.id, found: row.saga, wanted });
        }
        Ok(Handle::new(self.clone(), row.id))
    }

    /// What an operator can do.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// Stops driving runs, waits for the commits under way, and gives the store back.
    pub async fn shutdown(&self) {
        self.engine().shut_down().await;
    }

    /// Waits for a future from code that is not async; `None` inside async code.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> Option<F::Output> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return None;
        }
        Some(self.0.tokio.block_on(future))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.engine.stop();
        let Some(own) = self.own.take() else { return };
        if tokio::runtime::Handle::try_current().is_err() {
            let closing = async {
                let closed = self.engine.shut_down();
                tokio::time::timeout(Duration::from_secs(5), closed).await
            };
            if own.block_on(closing).is_err() {
                tracing::warn!("the runtime did not shut down within 5 s");
            }
        }
        own.shutdown_background();
    }
}

/// Outside a saga, awaiting one runs it on the current runtime and gives its result.
impl<S: Saga> IntoFuture for SagaCall<S> {
    type Output = Result<S::Ok, SagaError<S::Error>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match begin(self).await {
                Ok(handle) => handle.wait().await,
                Err(trouble) => Err(SagaError::from_trouble(Box::new(trouble))),
            }
        })
    }
}

async fn begin<S: Saga>(call: SagaCall<S>) -> Result<Handle<S>, Trouble> {
    if let Some(context) = try_context() {
        return Err(Trouble::InsideStep(context.point().to_owned()));
    }
    let scoop = Scoop::current().ok_or(Trouble::NotInstalled)?;
    Ok(scoop.start(call).await?)
}
