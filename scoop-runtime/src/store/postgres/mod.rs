//! Runs kept in PostgreSQL, by any number of processes. All tables are in the schema `scoop`.
//!
//! Locks are taken in this order, everywhere: the row of a worker (its own `for key share`, that of
//! a dead one `for update`); new runs in the order of their keys; runs that are there in the order
//! of their ids. Checkpoints are only appended. So two batches, or a batch and a claim, never wait
//! for each other in a circle; if the server finds one all the same, the batch is sent again.
//!
//! A batch holds its worker's row `for key share` until it is committed; whoever ends that life
//! (a takeover, a new life, a detach) changes a key column of the row and waits for the batch. So
//! what a dead worker wrote is all there when its runs are read, and nothing comes after.

mod alone;
mod batch;
mod error;
mod line;
mod migrate;
mod query;
mod read;
mod session;
mod step;
#[cfg(test)]
mod tests;
mod worker;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use backon::BackoffBuilder as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use self::error::silent;
use self::line::Line;
pub use self::migrate::Migration;
use self::migrate::{MIGRATIONS, Newer};
use self::session::{Proxy, Session};
use self::step::Steps;
pub(in crate::store) use self::step::start_in;
use super::tx::{Database, StepPool, Transacted, Work};
use super::{Claim, Lease, Opening, Removal, RunFilter, Store, StoreError, check};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;

/// How long the server may take for a batch.
const LONGEST_COMMIT: Duration = Duration::from_secs(60);
/// How long a reader waits for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// How many batches are written at once. The second one is for when many runs wait.
const LANES: usize = 2;
/// How long to wait for the connections of steps to close.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);
/// A transaction of a step that is at rest is not ended before this, however short the lease is.
const SHORTEST_REST: Duration = Duration::from_secs(5);
/// The longest that a server can be told, or nearly.
const LONGEST_REST: Duration = Duration::from_secs(86_400);

/// A store in PostgreSQL, version 13 or later.
///
/// Its connections are its own: up to two for the batches, one for heartbeats, and up to four that
/// read. Those for steps are, too, unless the application lends its pool.
pub struct PostgresStore {
    opening: Opening,
    writers: [Line; LANES],
    pulse: Line,
    readers: PgPool,
    proxy: Arc<Proxy>,
    steps: PgPool,
    lent: OnceLock<PgPool>,
    attached: Mutex<Vec<Fence>>,
}

impl PostgresStore {
    /// Connects to the server that `url` names (`postgres://user:password@host:port/database`, with
    /// `?sslmode=require` or stricter for TLS), and brings the schema up to date. Waits for a
    /// while for a server that is away.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the server lets nobody in, or has no such database;
    /// [`StoreError::NewerSchema`] when a newer program made the schema;
    /// [`StoreError::Unavailable`] when the server stays away.
    pub async fn open(url: &str, opening: Opening) -> Result<Self, StoreError> {
        Self::open_with(url, opening, MIGRATIONS).await
    }

    /// All migrations, for an administrator who wants to run them by hand.
    #[must_use]
    pub const fn migrations() -> &'static [Migration] {
        MIGRATIONS
    }

    async fn open_with(
        url: &str,
        opening: Opening,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let server: PgConnectOptions = url.parse().map_err(|error| error::url(&error))?;
        let server = server.application_name("scoop").disable_statement_logging();
        let proxy = Arc::new(Proxy::of(url));
        let writers = [(); LANES].map(|()| Line::new(server.clone(), &proxy, LONGEST_COMMIT));
        // A heartbeat that is not answered is better begun again before the lease is over.
        let pulse = Line::new(server.clone(), &proxy, opening.lease.length / 2);
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(LONGEST_WAIT)
            .test_before_acquire(false)
            .connect_lazy_with(server.clone());
        let steps = PgPoolOptions::new()
            .max_connections(opening.pool_size)
            .test_before_acquire(false)
            .connect_lazy_with(server.clone());
        let store = Self {
            opening,
            proxy,
            writers,
            pulse,
            steps,
            lent: OnceLock::new(),
            readers,
            attached: Mutex::default(),
        };
        store.prepare(migrations).await?;
        if store.proxy.is_there() {
            // A step's own statements are not to be left behind, either.
            store
                .steps
                .set_connect_options(server.statement_cache_capacity(0));
        }
        Ok(store)
    }

    /// Waits for the server, and migrates.
    async fn prepare(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut pauses = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .without_max_times()
            .build();
        loop {
            let error = match self.first(migrations).await {
                Err(error) if error.is_temporary() => error,
                result => return result,
            };
            let pause = pauses.next().unwrap_or_default();
            if began.elapsed() + pause > self.opening.patience {
                return Err(error);
            }
            tracing::warn!(%error, "the database is not available; trying again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn first(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let (mut writer, mut pulse) = (self.writers[0].hold().await?, self.pulse.hold().await?);
        self.proxy
            .look(&mut writer.own.connection, &mut pulse.own.connection)
            .await
            .map_err(translate)?;
        pulse.release();
        writer
            .run(async |session| {
                let migrated = migrate::migrate(session, migrations).await?;
                migrate::warn_of_front(session).await?;
                Ok(migrated)
            })
            .await?
            .map_err(|Newer { found, known }| StoreError::NewerSchema { found, known })
    }

    /// Does what needs no connection of its own.
    async fn pooled<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: AsyncFnOnce(&mut Session<'_>) -> Result<T, sqlx::Error>,
    {
        let mut connection = self.readers.acquire().await.map_err(translate)?;
        let working = self.proxy.perform(&mut connection, work);
        match tokio::time::timeout(LONGEST_COMMIT, working).await {
            Ok(result) => result.map_err(translate),
            Err(_) => {
                // It would be asked whether it is sound, and not answer that either.
                drop(connection.detach());
                Err(silent())
            }
        }
    }

    /// Begins a transaction of a step. A worker that was stopped is not to hold its locks for much
    /// longer than its lease: whoever declares it dead finds the transaction by its mark, and the
    /// server ends one in which nothing is done.
    fn begin(&self, fence: &Fence) -> String {
        let rest = self.opening.lease.length.clamp(SHORTEST_REST, LONGEST_REST);
        let rest = rest.as_millis();
        let mark = worker::mark(&fence.worker.0, fence.epoch);
        format!(
            "begin; set local idle_in_transaction_session_timeout = {rest}; \
             set local application_name = '{mark}'"
        )
    }

    fn attached(&self) -> std::sync::MutexGuard<'_, Vec<Fence>> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(in crate::store) fn translate(error: sqlx::Error) -> StoreError {
    error::translate(&error)
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("opening", &self.opening)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn lease(&self) -> Option<Lease> {
        Some(self.opening.lease)
    }

    fn lanes(&self) -> usize {
        LANES
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        check::worker(worker)?;
        let length = self.opening.lease.length;
        let held = self.pulse.hold().await?;
        let attached = held
            .run(async |session| worker::attach(session, worker, length).await)
            .await?;
        let epoch = attached.map_err(|left| {
            StoreError::InUse(format!(
                "a worker named `{worker}` is running already; if it is not, its name is free in \
                 {:.0} s, when its lease is over",
                left.as_secs_f64().ceil()
            ))
        })?;
        let fence = Fence {
            worker: worker.clone(),
            epoch,
        };
        self.attached().push(fence.clone());
        Ok(fence)
    }

    async fn heartbeat(&self, fence: &Fence) -> Result<(), StoreError> {
        let length = self.opening.lease.length;
        let held = self.pulse.hold().await?;
        let lives = held
            .run(async |session| worker::heartbeat(session, fence, length).await)
            .await?;
        if lives {
            Ok(())
        } else {
            Err(StoreError::Fenced(fence.worker.clone()))
        }
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        let held = self.pulse.hold().await?;
        held.run(async |session| worker::detach(session, fence).await)
            .await?;
        self.attached().retain(|attached| attached != fence);
        Ok(())
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        check::batch(batch, check::LARGEST)?;
        write::check_sizes(batch)?;
        let held = Line::hold_one(&self.writers).await?;
        held.run(async |session| write::commit(session, fence, batch).await)
            .await?
            .map_err(|write::Fenced| StoreError::Fenced(fence.worker.clone()))
    }

    fn database(&self) -> Option<Database> {
        Some(Database::Postgres)
    }

    fn use_pool(&self, pool: StepPool) -> Result<(), StoreError> {
        match pool {
            StepPool::Postgres(pool) => {
                // The first stays.
                drop(self.lent.set(pool));
                Ok(())
            }
            #[cfg(feature = "sqlite")]
            StepPool::Sqlite(_) => Err(StoreError::other_pool(&pool, self.name())),
        }
    }

    async fn transact(&self, fence: &Fence, work: &mut dyn Work) -> Result<Transacted, StoreError> {
        let (pool, kept) = match self.lent.get() {
            Some(pool) => (pool, true),
            None => (&self.steps, !self.proxy.is_there()),
        };
        let begin = self.begin(fence);
        step::transact(Steps { pool, kept, begin }, fence, work).await
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        self.pooled(async |session| worker::claim(session, fence, claim).await)
            .await?
            .ok_or_else(|| StoreError::Fenced(fence.worker.clone()))
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.pooled(async |session| write::remove(session, removal).await)
            .await
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        self.pooled(async |session| read::cancelled(session, fence).await)
            .await
    }

    async fn ask_back(
        &self,
        run: RunId,
        owner: &Fence,
        why: Option<&Stored>,
    ) -> Result<(), StoreError> {
        self.pooled(async |session| worker::ask_back(session, run, owner, why).await)
            .await
    }

    async fn asked_back(&self, fence: &Fence) -> Result<Vec<(RunId, Option<Stored>)>, StoreError> {
        self.pooled(async |session| worker::asked_back(session, fence).await)
            .await
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.pooled(async |session| read::next_due(session, after).await)
            .await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.pooled(async |session| read::run(session, run).await)
            .await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        self.pooled(async |session| read::run_by_key(session, saga, key).await)
            .await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.pooled(async |session| read::runs(session, filter).await)
            .await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        self.pooled(async |session| read::rows_at(session, run, seqs).await)
            .await
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.pooled(async |session| read::rows_before(session, run, before, limit).await)
            .await
    }

    /// The workers that attached through this handle end.
    async fn close(&self) {
        let attached = std::mem::take(&mut *self.attached());
        for fence in &attached {
            // A server that is away finds out by itself, when the lease is over.
            drop(self.detach(fence).await);
        }
        for writer in &self.writers {
            writer.close().await;
        }
        self.pulse.close().await;
        self.readers.close().await;
        // A step that is under way is cut off: it is not committed.
        drop(tokio::time::timeout(LONGEST_GOODBYE, self.steps.close()).await);
    }
}
