//! Runs kept in a SQLite file, by one process at a time. The file may hold the application's own
//! tables too: everything here is under the prefix `scoop_`.

mod error;
mod lock;
mod migrate;
mod query;
mod read;
mod rest;
mod step;
#[cfg(test)]
mod tests;
mod write;
mod writer;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use self::migrate::{MIGRATIONS, Migration, Newer};
pub(in crate::store) use self::step::start_in;
use self::writer::Writer;
use super::tx::{Database, StepPool, Transacted, Work};
use super::{Claim, Removal, Rest, Rested, RunFilter, Store, StoreError, apply, check};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;

/// How long to wait for another connection's transaction (the application's, a backup's).
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// How long to wait for the connections of steps to close.
const LONGEST_GOODBYE: Duration = Duration::from_secs(1);
/// How often to look for runs that somebody started in a transaction of his own, at most.
const POLL: Duration = Duration::from_millis(250);

/// A store in a SQLite file.
///
/// What a commit says is on the disk when the answer is there (`synchronous = full`). One process
/// has the store open at a time: it holds a lock on the file with `.lock` after its name.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    readers: SqlitePool,
    steps: SqlitePool,
    lent: OnceLock<SqlitePool>,
    lock: Mutex<Option<File>>,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing, and brings its schema up to date. No worker
    /// is alive in it after that.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when a process has it open, [`StoreError::NewerSchema`] when a newer
    /// program made its schema, [`StoreError::Unusable`] when it cannot be opened or is not a
    /// database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path.as_ref(), MIGRATIONS).await
    }

    async fn open_with(path: &Path, migrations: &[Migration]) -> Result<Self, StoreError> {
        let found = lock::locate(path)?;
        let lock = lock::acquire(&found)?;
        let options = options(&found);
        let connection = prepare(path, options.clone().create_if_missing(true), migrations).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone().pragma("query_only", "on"));
        // One at a time can write.
        let steps = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone());
        Ok(Self {
            path: path.to_owned(),
            steps,
            lent: OnceLock::new(),
            writer: Writer::new(path.to_owned(), options, connection),
            readers,
            lock: Mutex::new(Some(lock)),
        })
    }

    fn translate(&self) -> impl Fn(sqlx::Error) -> StoreError {
        |error| error::translate(&self.path, &error)
    }
}

/// Opens the first connection, which finds out whether the file is a database of ours.
async fn prepare(
    path: &Path,
    options: SqliteConnectOptions,
    migrations: &[Migration],
) -> Result<SqliteConnection, StoreError> {
    let translate = |error| error::translate(path, &error);
    let connected = options.connect().await;
    let mut connection = connected.map_err(|error| error::opening(path, &error))?;
    migrate::migrate(&mut connection, migrations)
        .await
        .map_err(translate)?
        .map_err(|Newer { found, known }| StoreError::NewerSchema { found, known })?;
    sqlx::query(query::WORKER_BURY)
        .execute(&mut connection)
        .await
        .map_err(translate)?;
    Ok(connection)
}

/// Puts an error on somebody else's connection into the words of the store.
pub(in crate::store) fn translate(error: &sqlx::Error) -> StoreError {
    error::translate(Path::new("the caller's"), error)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .disable_statement_logging()
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        check::worker(worker)?;
        let mut transaction = self.writer.begin().await?;
        let epochs: Vec<i64> = sqlx::query_scalar(query::WORKER_ATTACH)
            .bind(&*worker.0)
            .fetch_all(&mut transaction.connection)
            .await
            .map_err(self.translate())?;
        transaction.commit().await?;
        let epoch = epochs.first().ok_or_else(|| {
            StoreError::InUse(format!(
                "a worker named `{worker}` is running already on the SQLite file `{}`",
                self.path.display()
            ))
        })?;
        Ok(Fence {
            worker: worker.clone(),
            epoch: *epoch,
        })
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query(query::WORKER_DETACH)
            .bind(&*fence.worker.0)
            .bind(fence.epoch)
            .execute(&mut transaction.connection)
            .await
            .map_err(self.translate())?;
        transaction.commit().await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        check::batch(batch, check::LARGEST)?;
        let mut transaction = self.writer.begin().await?;
        self.guard(&mut transaction.connection, fence).await?;
        let mut answers = vec![Committed::Stale; batch.len()];
        for (place, commit) in apply::in_order(batch) {
            answers[place] = write::commit(&mut transaction.connection, fence, commit)
                .await
                .map_err(self.translate())?;
        }
        transaction.commit().await?;
        Ok(answers)
    }

    fn poll(&self) -> Option<Duration> {
        Some(POLL)
    }

    fn database(&self) -> Option<Database> {
        Some(Database::Sqlite)
    }

    fn use_pool(&self, pool: StepPool) -> Result<(), StoreError> {
        match pool {
            StepPool::Sqlite(pool) => {
                // The first stays.
                drop(self.lent.set(pool));
                Ok(())
            }
            #[cfg(feature = "postgres")]
            StepPool::Postgres(_) => Err(StoreError::other_pool(&pool, self.name())),
        }
    }

    async fn transact(&self, fence: &Fence, work: &mut dyn Work) -> Result<Transacted, StoreError> {
        let pool = self.lent.get().unwrap_or(&self.steps);
        // Batches and steps wait for each other here, in order, and not for the file.
        let _turn = self.writer.turn().await?;
        match step::transact(pool, fence, work).await {
            Ok(step::End::Transacted(transacted)) => Ok(transacted),
            Ok(step::End::Fenced) => Err(StoreError::Fenced(fence.worker.clone())),
            Err(error) => Err(error::translate(&self.path, &error)),
        }
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        let waits = read::waits(&self.readers, claim.now).await;
        if !waits.map_err(self.translate())? {
            return Ok(Vec::new());
        }
        let mut transaction = self.writer.begin().await?;
        self.guard(&mut transaction.connection, fence).await?;
        let runs = write::claim(&mut transaction.connection, fence, claim)
            .await
            .map_err(self.translate())?;
        transaction.commit().await?;
        Ok(runs)
    }

    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        let mut transaction = self.writer.begin().await?;
        self.guard(&mut transaction.connection, fence).await?;
        let rested = rest::rest(&mut transaction.connection, fence, rest)
            .await
            .map_err(self.translate())?;
        transaction.commit().await?;
        Ok(rested)
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query(query::QUEUE_LIMIT)
            .bind(queue)
            .bind(most)
            .execute(&mut transaction.connection)
            .await
            .map_err(self.translate())?;
        transaction.commit().await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        let mut transaction = self.writer.begin().await?;
        let removed = write::remove(&mut transaction.connection, removal)
            .await
            .map_err(self.translate())?;
        transaction.commit().await?;
        Ok(removed)
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        read::cancelled(&self.readers, fence)
            .await
            .map_err(self.translate())
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        read::next_due(&self.readers, after)
            .await
            .map_err(self.translate())
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        read::run(&self.readers, run)
            .await
            .map_err(self.translate())
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        read::run_by_key(&self.readers, saga, key)
            .await
            .map_err(self.translate())
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        read::runs(&self.readers, filter)
            .await
            .map_err(self.translate())
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        read::rows_at(&self.readers, run, seqs)
            .await
            .map_err(self.translate())
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        read::rows_before(&self.readers, run, before, limit)
            .await
            .map_err(self.translate())
    }

    async fn close(&self) {
        self.readers.close().await;
        // A step that is under way is cut off: it is not committed.
        drop(tokio::time::timeout(LONGEST_GOODBYE, self.steps.close()).await);
        self.writer.close().await;
        // Last of all: whoever gets the lock next finds the file at rest.
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

impl SqliteStore {
    async fn guard(
        &self,
        connection: &mut SqliteConnection,
        fence: &Fence,
    ) -> Result<(), StoreError> {
        if write::guard(connection, fence)
            .await
            .map_err(self.translate())?
        {
            Ok(())
        } else {
            Err(StoreError::Fenced(fence.worker.clone()))
        }
    }
}
