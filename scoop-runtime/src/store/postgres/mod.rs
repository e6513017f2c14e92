//! Runs kept in PostgreSQL, by any number of processes. All tables are in the schema `scoop`.
//!
//! Locks are taken in this order, everywhere: the row of a worker (its own `for key share`, that of
//! a dead one `for update`); new runs in the order of their keys; runs that are there in the order
//! of their ids, and after them, without being waited for, the runs above those that end, and a run that is
//! given up because it waits for others; last what is written down of those that were locked (`scoop.wake`).
//! Checkpoints are only appended. So two batches, or a batch and a claim, never wait for each other in a
//! circle; if the server finds one all the same, the batch is sent again.
//!
//! A batch holds its worker's row `for key share` until it is committed; whoever ends that life
//! (a takeover, a new life, a detach) changes a key column of the row and waits for the batch. So
//! what a dead worker wrote is all there when its runs are read, and nothing comes after.

mod alone;
mod batch;
mod error;
mod hints;
mod line;
mod migrate;
mod opening;
mod query;
mod read;
mod rest;
mod session;
mod step;
#[cfg(test)]
mod tests;
mod worker;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool};
use uuid::Uuid;

use self::error::silent;
use self::line::Line;
pub use self::migrate::Migration;
use self::session::{Proxy, Session};
use self::step::Steps;
pub(in crate::store) use self::step::start_in;
use super::tx::{Database, StepPool, Transacted, Work};
use super::{
    Claim, Ear, Hint, Lease, Opening, Removal, Rest, Rested, RunFilter, Store, StoreError, check,
};
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
/// Its connections are its own: up to two for the batches, one for heartbeats, one that
/// listens to other processes, and up to four that read. Those for steps are, too, unless the application lends its pool.
pub struct PostgresStore {
    opening: Opening,
    /// Tells what this process says from what others do.
    me: Uuid,
    server: PgConnectOptions,
    writers: [Line; LANES],
    pulse: Line,
    readers: PgPool,
    proxy: Arc<Proxy>,
    steps: PgPool,
    lent: OnceLock<PgPool>,
    attached: Mutex<Vec<Fence>>,
}

impl PostgresStore {
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

    /// Has this process hear itself, if it hears anything. If that fails it hears nothing, and knows it.
    async fn try_out(&self) {
        let tried = self.pooled(async |session| hints::try_out(session, self.me).await);
        drop(tried.await);
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

    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        self.pooled(async |session| rest::rest(session, fence, rest).await)
            .await?
            .ok_or_else(|| StoreError::Fenced(fence.worker.clone()))
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        self.pooled(async |session| worker::limit_queue(session, queue, most).await)
            .await
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

    async fn announce(&self, hints: &[Hint]) -> Result<(), StoreError> {
        self.pooled(async |session| hints::announce(session, self.me, hints).await)
            .await
    }

    async fn hear(&self, ear: Ear<'_>) -> Result<bool, StoreError> {
        if self.proxy.is_there() {
            return Ok(false);
        }
        let heard = hints::hear(self, ear).await;
        heard.map(|()| true).map_err(translate)
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
