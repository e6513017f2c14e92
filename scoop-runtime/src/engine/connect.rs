//! Connecting to a store: the builder of a runtime.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use super::core::{Engine, Parts};
use super::pulse::{self, Moment, Pulse};
use super::registry::Registry;
use super::{Scoop, Trouble, hints, reading, recovery, retention, start};
use crate::environment::{BoxFuture, Environment, System};
use crate::protocol::id::{Fence, WorkerName};
use crate::resource::{Resource, Resources};
use crate::store::tx::StepPool;
use crate::store::{self, Opening, Store, StoreError};

pub(super) const DEFAULT_PAYLOAD_LIMIT: usize = 4 * 1024 * 1024;
const DEFAULT_DEPTH_LIMIT: u16 = 64;
const DEFAULT_FAN_OUT_LIMIT: usize = 10_000;
const DEFAULT_DORMANT_AFTER: Duration = Duration::from_secs(10);
const DEFAULT_MAX_RUNNING: usize = 10_000;

/// A runtime about to be connected: `.await` it.
#[must_use = "a connection is made when this is awaited"]
pub struct Connect {
    url: String,
    store: Option<Arc<dyn Store>>,
    worker: Option<String>,
    works: bool,
    served: Option<Vec<String>>,
    payload_limit: usize,
    keep: Option<Duration>,
    depth_limit: u16,
    fan_out_limit: usize,
    dormant_after: Duration,
    max_running: usize,
    queues: Vec<(String, u32)>,
    listens: bool,
    opening: Opening,
    pool: Option<StepPool>,
    resources: Resources,
    environment: Option<Arc<dyn Environment>>,
}

/// Begins a connection to the store at this URL.
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        store: None,
        worker: None,
        works: true,
        served: None,
        payload_limit: DEFAULT_PAYLOAD_LIMIT,
        keep: None,
        depth_limit: DEFAULT_DEPTH_LIMIT,
        fan_out_limit: DEFAULT_FAN_OUT_LIMIT,
        dormant_after: DEFAULT_DORMANT_AFTER,
        max_running: DEFAULT_MAX_RUNNING,
        queues: Vec::new(),
        listens: true,
        opening: Opening::default(),
        pool: None,
        resources: Resources::default(),
        environment: None,
    }
}

impl Connect {
    /// Provides a resource to the steps that take a `Resource<T>`. The last of a type stays.
    pub fn provide<T: Send + Sync + 'static>(mut self, resource: T) -> Self {
        self.resources.insert(Resource::new(resource));
        self
    }

    /// Provides a resource that the program keeps a hold of, too.
    pub fn provide_shared<T: Send + Sync + 'static>(mut self, resource: Arc<T>) -> Self {
        self.resources.insert(Resource::from(resource));
        self
    }

    /// Names the worker: one that starts under the same name takes its runs up at once, while
    /// others wait until its lease is over. Where no name is given, it is `worker` on a store of
    /// this process's own, and a new one each time on one that is shared.
    pub fn name(mut self, worker: impl Into<String>) -> Self {
        self.worker = Some(worker.into());
        self
    }

    /// Whether this process runs sagas (it does unless told otherwise), or only starts them and
    /// asks for them.
    pub const fn worker(mut self, works: bool) -> Self {
        self.works = works;
        self
    }

    /// Serves only the sagas of these stored names, and asks only for their resources.
    pub fn sagas<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.served = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The most bytes that one await point may store: the arguments of its operation with the live
    /// locals. 4 MiB unless set.
    pub const fn payload_limit(mut self, bytes: usize) -> Self {
        self.payload_limit = bytes;
        self
    }

    /// How long other workers believe that this one lives when they hear nothing of it, on a store
    /// that is shared. It says that it does five times as often. 10 seconds unless set.
    pub fn lease(mut self, length: Duration) -> Self {
        self.opening.lease.length = length;
        self.opening.lease.heartbeat = length / 5;
        self
    }

    /// How long to wait for a database that is away when this is awaited. 30 seconds unless set.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.opening.patience = patience;
        self
    }

    /// Lends the application's own pool to the steps that take a `&mut Tx<'_, _>`: an
    /// `sqlx::PgPool` or an `sqlx::SqlitePool` that leads to the store's database. A connection is
    /// taken for the SQL of one attempt only; a step waits in the pool's queue for it. Shut the
    /// runtime down before the pool is closed.
    ///
    /// ```
    /// # use scoop_runtime::engine::Scoop;
    /// # #[cfg(feature = "postgres")]
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let url = "postgres://localhost/shop";
    /// let pool = sqlx::PgPool::connect(url).await?;
    /// let scoop = Scoop::connect(url).pool(pool.clone()).await?;
    /// // ..
    /// scoop.shutdown().await;
    /// pool.close().await;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub fn pool(mut self, pool: impl Into<StepPool>) -> Self {
        self.pool = Some(pool.into());
        self
    }

    /// How many connections the steps that take a `&mut Tx<'_, Postgres>` share, where no pool is
    /// lent. 10 unless set. On SQLite, where one can write at a time, there is one.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # async fn example() -> Result<(), Trouble> {
    /// let scoop = Scoop::connect("postgres://localhost/shop").pool_size(32).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn pool_size(mut self, connections: u32) -> Self {
        self.opening.pool_size = connections;
        self
    }

    /// For how long finished runs are kept: this worker removes them afterwards, with the runs below
    /// them, now and then. For ever unless set. See [`Admin::remove`](super::admin::Admin::remove)
    /// for what that means.
    pub const fn keep_finished(mut self, age: Duration) -> Self {
        self.keep = Some(age);
        self
    }

    /// How deep sagas may await sagas: so many runs may be above one. 64 unless set. An await that
    /// goes deeper fails, as one does whose arguments are too large.
    pub const fn depth_limit(mut self, runs: u16) -> Self {
        self.depth_limit = runs;
        self
    }

    /// How many operations may be awaited at once with one `join!` or `map`, those that wait for
    /// their turn among them. 10,000 unless set. An await of more fails, as one does whose arguments
    /// are too large.
    pub const fn fan_out_limit(mut self, operations: usize) -> Self {
        self.fan_out_limit = operations;
        self
    }

    /// A run that waits for longer than this (in a `sleep`, between two attempts, for its start, for a saga
    /// that it awaits, or for all of several at once) leaves memory: it waits in the store, and a worker
    /// goes on with it when it is due, or what it awaits has ended. 10 seconds unless set.
    pub const fn dormant_after(mut self, wait: Duration) -> Self {
        self.dormant_after = wait;
        self
    }

    /// How many runs this worker has in memory at once. What is started beyond that is stored, and
    /// taken up, by this worker or another, when there is room; the most urgent first, then the oldest. A run that waits for
    /// a saga that it awaits does not count, and that one is begun whether there is room or not.
    /// 10,000 unless set.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # async fn example() -> Result<(), Trouble> {
    /// let scoop = Scoop::connect("postgres://localhost/shop").max_running(500).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn max_running(mut self, runs: usize) -> Self {
        self.max_running = runs;
        self
    }

    /// How many runs of a queue may run at once, on all workers of the store together. The limit is
    /// stored: it holds for workers that do not name it, too, and until somebody connects and says
    /// another one. 0 holds the queue up. Of a queue without a limit all may run. At most some
    /// hundred queues, because each look for runs looks at each.
    ///
    /// A run is of the queue that its saga names, or its start:
    /// [`Start::queue`](super::Start::queue). It has a place in it while a worker has it in memory, also
    /// while it waits for less than [`dormant_after`](Self::dormant_after). It has none while it waits for
    /// longer than that, or for a saga that it awaits, or is stuck or parked; so what it awaits may be of
    /// the same queue. To go on it waits for a place, before those that have been due for a shorter time.
    ///
    /// Runs that wait for a place keep those of no other queue waiting.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # async fn example() -> Result<(), Trouble> {
    /// let scoop = Scoop::connect("postgres://localhost/shop").queue("mail", 5).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn queue(mut self, name: impl Into<String>, runs: u32) -> Self {
        self.queues.push((name.into(), runs));
        self
    }

    /// Whether processes on one PostgreSQL tell each other what there is to do, with `notify`, and listen,
    /// each on a connection of its own. They do unless told otherwise. Where they do not, or cannot, as
    /// behind a proxy that pools transactions, they look more often: what a client starts begins within
    /// a second.
    ///
    /// A [`start_in`](super::Start::start_in) has the caller's transaction notify. Transactions that do
    /// are committed one after the other by PostgreSQL; where hundreds of them are to be committed in a
    /// second, those processes are better told not to.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # async fn example() -> Result<(), Trouble> {
    /// let scoop = Scoop::connect("postgres://localhost/shop").listen(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn listen(mut self, listens: bool) -> Self {
        self.listens = listens;
        self
    }

    /// Uses a store that is there already instead of the URL: for tests, in which two lives of a
    /// program share one, or which have it crash or fail. `scoop::testing` has such stores.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Uses another clock, other randomness and other tasks than this process's own.
    #[doc(hidden)]
    pub fn environment(mut self, environment: Arc<dyn Environment>) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Connects without async code: the runtime gets threads of its own.
    ///
    /// # Errors
    /// As when awaited; and inside async code.
    pub fn blocking(self) -> Result<Scoop, Trouble> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Trouble::BlockingInAsync);
        }
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("scoop")
            .enable_all()
            .build()
            .map_err(Trouble::Threads)?;
        let scoop = threads.block_on(self.into_future())?;
        Ok(scoop.with_threads(threads))
    }

    async fn connect(self) -> Result<Scoop, Trouble> {
        let tokio = tokio::runtime::Handle::try_current().map_err(|_| Trouble::NoTokio)?;
        let environment = self
            .environment
            .unwrap_or_else(|| Arc::new(System::new(tokio)));
        let registry = Registry::linked(self.served)?;
        if self.works {
            registry.check(&self.resources)?;
        }
        let store = match self.store {
            Some(store) => store,
            None => store::open(&self.url, self.opening).await?,
        };
        if self.works {
            registry.check_database(store.name(), store.database())?;
        }
        if let Some(pool) = self.pool {
            store.use_pool(pool)?;
        }
        let lease = store.lease();
        let worker = self.worker.unwrap_or_else(|| match lease {
            None => "worker".to_owned(),
            Some(_) => format!("worker {}", environment.uuid()),
        });
        let worker = WorkerName(worker);
        let asked = Moment::now(&*environment);
        let fence = attach(&*store, &*environment, &worker).await?;
        for (queue, most) in &self.queues {
            start::check_queue(queue)?;
            reading::boundedly(&*environment, || store.limit_queue(queue, *most)).await?;
        }
        let pulse = Pulse::new(Arc::clone(&environment), lease, asked);
        let engine = Arc::new(Engine::new(Parts {
            store,
            fence,
            pulse,
            registry,
            resources: self.resources,
            environment,
            payload_limit: self.payload_limit,
            depth_limit: self.depth_limit,
            fan_out_limit: self.fan_out_limit,
            works: self.works,
            dormant_after: self.dormant_after,
            max_running: self.max_running,
            listens: self.listens,
        }));
        let scoop = Scoop::new(Arc::clone(&engine));
        engine.drive(pulse::beat(Arc::clone(&engine)));
        if self.listens {
            engine.drive(hints::announce(Arc::clone(&engine)));
            engine.drive(hints::listen(Arc::clone(&engine)));
        }
        if self.works {
            engine.hints.want();
            recovery::recover(&engine).await?;
            engine.drive(recovery::watch(Arc::clone(&engine)));
            if let Some(age) = self.keep {
                engine.drive(retention::keep(scoop.clone(), age));
            }
        }
        Ok(scoop)
    }
}

/// Takes the worker's name. On a store that is shared it may take a moment until it is seen that
/// the process before is dead.
async fn attach(
    store: &dyn Store,
    environment: &dyn Environment,
    worker: &WorkerName,
) -> Result<Fence, StoreError> {
    const PAUSE: Duration = Duration::from_millis(50);
    const TRIES: u32 = 20;
    let mut tries = if store.lease().is_some() { TRIES } else { 0 };
    loop {
        // An answer that was lost leaves a life behind whose connection is gone: no obstacle.
        match reading::boundedly(environment, || store.attach(worker)).await {
            Err(StoreError::InUse(_)) if tries > 0 => environment.sleep(PAUSE).await,
            attached => return attached,
        }
        tries -= 1;
    }
}

impl IntoFuture for Connect {
    type Output = Result<Scoop, Trouble>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
