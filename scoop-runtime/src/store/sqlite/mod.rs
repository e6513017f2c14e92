//! Runs kept in a SQLite file. One process at a time: an operating system lock beside the file says
//! whose, and goes with the process.

mod lock;
mod migrate;
mod query;
mod row;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Row};
use tokio::sync::Mutex;

use self::lock::FileLock;
use super::{RunFilter, Store, StoreError};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunRow};

const READERS: u32 = 4;

/// A SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    lock: FileLock,
}

impl SqliteStore {
    /// Opens a file, makes it where it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be used, another process has it, or a newer program made its schema.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let unusable = |why: &dyn std::fmt::Display| {
            StoreError::Unusable(format!("cannot use {} as a store: {why}", path.display()))
        };
        if path.is_dir() {
            return Err(unusable(&"it is a directory"));
        }
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            && !parent.is_dir()
        {
            return Err(unusable(&format_args!(
                "the directory {} is missing",
                parent.display()
            )));
        }
        let lock = FileLock::take(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let mut writer = SqliteConnection::connect_with(&options)
            .await
            .map_err(|error| unusable(&reason(&error)))?;
        migrate::migrate(&mut writer)
            .await
            .map_err(|error| match error {
                StoreError::Unusable(why)
                | StoreError::Unavailable(why)
                | StoreError::Refused(why) => unusable(&why),
                other => other,
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options)
            .await
            .map_err(|error| unusable(&reason(&error)))?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers,
            lock,
        })
    }
}

/// What SQLite says, without sqlx's words around it.
fn reason(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(database) => database.message().to_owned(),
        None => error.to_string(),
    }
}

/// Which kind of trouble an error of SQLite's is.
fn trouble(error: &sqlx::Error) -> StoreError {
    let why = reason(error);
    let Some(database) = error.as_database_error() else {
        return StoreError::Unavailable(why);
    };
    // The primary result code is the low byte: https://sqlite.org/rescode.html
    let code = database
        .code()
        .and_then(|code| code.parse::<i32>().ok())
        .unwrap_or(0)
        & 0xff;
    match code {
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE
        18 | 19 | 20 | 25 => StoreError::Refused(why),
        // SQLITE_CORRUPT, SQLITE_NOTADB
        11 | 26 => StoreError::Unusable(why),
        _ => StoreError::Unavailable(why),
    }
}

async fn create(
    connection: &mut SqliteConnection,
    fence: &Fence,
    new: &NewRun,
) -> Result<Option<RunRow>, sqlx::Error> {
    let inserted = sqlx::query(query::CREATE)
        .bind(new.id.as_uuid().as_bytes().as_slice())
        .bind(&new.saga)
        .bind(&new.key)
        .bind(new.input.as_bytes())
        .bind(&fence.worker.0)
        .bind(fence.epoch)
        .bind(new.wake_at.map(|time| time.0))
        .bind(new.created_at.0)
        .execute(&mut *connection)
        .await?;
    if inserted.rows_affected() > 0 {
        return Ok(None);
    }
    let Some(key) = &new.key else { return Ok(None) };
    let other = sqlx::query(query::RUN_BY_KEY)
        .bind(&new.saga)
        .bind(key)
        .fetch_optional(connection)
        .await?;
    let other = other.map(|found| row::run(&found)).transpose()?;
    // The run may be this very one, stored by an earlier sending of the same commit.
    Ok(other.filter(|other| other.id != new.id))
}

async fn apply(
    connection: &mut SqliteConnection,
    fence: &Fence,
    commit: &Commit,
) -> Result<Committed, sqlx::Error> {
    if let Some(new) = &commit.create
        && let Some(other) = create(connection, fence, new).await?
    {
        return Ok(Committed::KeyTaken(Box::new(other)));
    }
    let update = &commit.update;
    let newest = commit.rows.iter().map(|row| row.seq.0).max().unwrap_or(0);
    let updated = sqlx::query(query::UPDATE)
        .bind(commit.run.as_uuid().as_bytes().as_slice())
        .bind(update.status.map(|status| status as i64))
        .bind(update.wake_at.is_some())
        .bind(update.wake_at.flatten().map(|time| time.0))
        .bind(update.output.as_ref().map(|stored| stored.as_bytes()))
        .bind(update.failure.as_ref().map(|stored| stored.as_bytes()))
        .bind(update.finished_at.map(|time| time.0))
        .bind(newest)
        .bind(update.expect.map(|status| status as i64))
        .execute(&mut *connection)
        .await?;
    if updated.rows_affected() == 0 {
        return Ok(Committed::Stale);
    }
    for row in &commit.rows {
        append(connection, commit.run, row).await?;
    }
    Ok(Committed::Stored)
}

async fn append(
    connection: &mut SqliteConnection,
    run: RunId,
    row: &CheckpointRow,
) -> Result<(), sqlx::Error> {
    sqlx::query(query::APPEND)
        .bind(run.as_uuid().as_bytes().as_slice())
        .bind(row.seq.0)
        .bind(&row.part.0)
        .bind(row.direction as i64)
        .bind(row.kind as i64)
        .bind(&row.point)
        .bind(&row.operation)
        .bind(row.arguments.as_ref().map(|stored| stored.as_bytes()))
        .bind(row.frame.as_ref().map(|stored| stored.as_bytes()))
        .bind(row.outcome.as_ref().map(|stored| stored.as_bytes()))
        .bind(row.created_at.0)
        .execute(connection)
        .await
        .map(drop)
}

async fn batch(
    connection: &mut SqliteConnection,
    fence: &Fence,
    commits: &[Commit],
) -> Result<Option<Vec<Committed>>, sqlx::Error> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    let epoch: Option<i64> = sqlx::query_scalar(query::FENCE)
        .bind(&fence.worker.0)
        .fetch_optional(&mut *transaction)
        .await?;
    if epoch != Some(fence.epoch) {
        return Ok(None);
    }
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        answers.push(apply(&mut transaction, fence, commit).await?);
    }
    transaction.commit().await?;
    Ok(Some(answers))
}

#[async_trait]
impl Store for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        let mut writer = self.writer.lock().await;
        let row = sqlx::query(query::ATTACH)
            .bind(&worker.0)
            .fetch_one(&mut *writer)
            .await
            .map_err(|error| trouble(&error))?;
        let epoch = row.try_get("epoch").map_err(|error| trouble(&error))?;
        Ok(Fence {
            worker: worker.clone(),
            epoch,
        })
    }

    async fn detach(&self, _: &Fence) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(
        &self,
        fence: &Fence,
        commits: &[Commit],
    ) -> Result<Vec<Committed>, StoreError> {
        let mut writer = self.writer.lock().await;
        let answers = batch(&mut writer, fence, commits)
            .await
            .map_err(|error| trouble(&error))?;
        answers.ok_or_else(|| StoreError::Fenced(fence.worker.clone()))
    }

    async fn claim(
        &self,
        fence: &Fence,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let mut writer = self.writer.lock().await;
        let rows = sqlx::query(query::CLAIM)
            .bind(&fence.worker.0)
            .bind(fence.epoch)
            .bind(after.map(|run| run.as_uuid().as_bytes().to_vec()))
            .bind(limit)
            .fetch_all(&mut *writer)
            .await
            .map_err(|error| trouble(&error))?;
        let mut runs = row::all(&rows, row::run)?;
        runs.sort_by_key(|run| run.id);
        Ok(runs)
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        let found = sqlx::query(query::RUN)
            .bind(run.as_uuid().as_bytes().to_vec())
            .fetch_all(&self.readers)
            .await
            .map_err(|error| trouble(&error))?;
        Ok(row::all(&found, row::run)?.pop())
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        let found = sqlx::query(query::RUN_BY_KEY)
            .bind(saga)
            .bind(key)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| trouble(&error))?;
        Ok(row::all(&found, row::run)?.pop())
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        let statuses = filter
            .status
            .iter()
            .fold(0_i64, |set, status| set | 1 << *status as i64);
        let rows = sqlx::query(query::RUNS)
            .bind(&filter.saga)
            .bind(statuses)
            .bind(filter.after.map(|run| run.as_uuid().as_bytes().to_vec()))
            .bind(filter.limit)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| trouble(&error))?;
        row::all(&rows, row::run)
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        let seqs = serde_json::to_string(seqs).expect("numbers are JSON");
        let rows = sqlx::query(query::ROWS_AT)
            .bind(run.as_uuid().as_bytes().to_vec())
            .bind(seqs)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| trouble(&error))?;
        row::all(&rows, row::checkpoint)
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let rows = sqlx::query(query::ROWS_BEFORE)
            .bind(run.as_uuid().as_bytes().to_vec())
            .bind(before.map_or(i64::MAX, |seq| seq.0))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(|error| trouble(&error))?;
        row::all(&rows, row::checkpoint)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.lock.release();
    }
}
