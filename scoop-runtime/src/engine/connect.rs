//! Making a runtime.

use std::future::IntoFuture;
use std::sync::Arc;

use tokio::sync::watch;

use super::live::Live;
use super::recovery::recover;
use super::registry::Registry;
use super::writer::Writer;
use super::{ConnectError, Engine, Limits, Scoop};
use crate::environment::{BoxFuture, Environment, System};
use crate::protocol::id::WorkerName;
use crate::resource::{Resource, Resources};
use crate::store::Store;

/// A runtime about to be made: await it to get the [`Scoop`].
#[derive(Debug)]
#[must_use = "nothing is connected before this is awaited"]
pub struct Connect {
    url: String,
    store: Option<Arc<dyn Store>>,
    environment: Option<Arc<dyn Environment>>,
    resources: Resources,
    name: Option<String>,
    worker: bool,
    served: Option<Vec<String>>,
    limits: Limits,
}

impl Connect {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            store: None,
            environment: None,
            resources: Resources::default(),
            name: None,
            worker: true,
            served: None,
            limits: Limits::default(),
        }
    }

    /// Provides what steps want as `Resource<T>`, and sagas and steps that are methods as `Self`.
    pub fn provide<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        self.resources.insert(Resource::new(resource));
        self
    }

    /// The name of this worker; made up where none is given. One that starts under the name of a
    /// dead one takes its runs at once.
    pub fn name(mut self, worker: impl Into<String>) -> Self {
        self.name = Some(worker.into());
        self
    }

    /// Whether this process drives runs (the default), or only starts them and waits for them.
    pub const fn worker(mut self, worker: bool) -> Self {
        self.worker = worker;
        self
    }

    /// Serves only the sagas with these stored names.
    pub fn sagas<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.served = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The most bytes that the arguments of a step, or the locals kept across an await, may take;
    /// 4 MiB where this is not called.
    pub const fn payload_limit(mut self, bytes: usize) -> Self {
        self.limits.payload = bytes;
        self
    }

    /// How often a rollback runs a step again of which nobody knows whether it happened, before
    /// the run is stuck; 10 times where this is not called.
    pub const fn settle_attempts(mut self, attempts: u32) -> Self {
        self.limits.settle_attempts = attempts;
        self
    }

    /// Uses this store instead of the one at the URL.
    #[doc(hidden)]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Uses this environment instead of the system's.
    #[doc(hidden)]
    pub fn environment(mut self, environment: Arc<dyn Environment>) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Connects from code that is not async; the runtime has threads of its own.
    ///
    /// # Errors
    /// As `.await`, and inside async code.
    pub fn blocking(self) -> Result<Scoop, ConnectError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(ConnectError::BlockingInAsync);
        }
        let own = tokio::runtime::Builder::new_multi_thread()
            .thread_name("scoop")
            .enable_all()
            .build()
            .map_err(ConnectError::Threads)?;
        let handle = own.handle().clone();
        let engine = own.block_on(self.engine(handle.clone()))?;
        Ok(Scoop::new(engine, handle, Some(own)))
    }

    async fn engine(self, tokio: tokio::runtime::Handle) -> Result<Arc<Engine>, ConnectError> {
        let registry = Registry::linked()?;
        if self.worker {
            registry.check(self.served.as_deref(), &self.resources)?;
        }
        let env = self.environment.unwrap_or_else(|| Arc::new(System::new(tokio)));
        let store = match self.store {
            Some(store) => store,
            None => crate::store::open(&self.url).await?,
        };
        let name = self.name.unwrap_or_else(|| format!("worker-{}", env.uuid()));
        let fence = store.attach(&WorkerName(name.clone())).await?;
        let writer = Writer::begin(Arc::clone(&store), fence.clone(), &env);
        let engine = Arc::new(Engine {
            env,
            store,
            writer,
            registry,
            resources: self.resources,
            limits: self.limits,
            live: Live::default(),
            name,
            worker: self.worker,
            served: self.served,
            stop: watch::Sender::new(false),
            tasks: watch::Sender::new(0),
        });
        if engine.worker {
            engine.spawn(Box::pin(recover(Arc::clone(&engine), fence)));
        }
        Ok(engine)
    }
}

impl IntoFuture for Connect {
    type Output = Result<Scoop, ConnectError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let tokio =
                tokio::runtime::Handle::try_current().map_err(|_| ConnectError::NoTokio)?;
            let engine = self.engine(tokio.clone()).await?;
            Ok(Scoop::new(engine, tokio, None))
        })
    }
}
