//! A run as its caller holds it.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::engine::{Progress, Scoop, Trouble};
use crate::error::SagaError;
use crate::operation::Saga;
use crate::protocol::failure::StoredFailure;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};

/// How long a waiter trusts that it will be told, before it looks by itself.
const BACKSTOP: Duration = Duration::from_millis(500);

/// A run: ask it how far it is, wait for its result.
pub struct Handle<S> {
    scoop: Scoop,
    run: RunId,
    saga: PhantomData<fn() -> S>,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// What became of it so far.
    pub run: RunStatus,
    /// Why this build cannot continue it, where it cannot.
    pub parked: Option<String>,
    /// The await point where it is, or was last.
    pub point: Option<String>,
    /// What it waits for, where that is a moment: a timer, a retry, a later start.
    pub wake_at: Option<SystemTime>,
}

impl<S: Saga> Handle<S> {
    pub(crate) const fn new(scoop: Scoop, run: RunId) -> Self {
        Self { scoop, run, saga: PhantomData }
    }

    /// The run's id.
    #[must_use]
    pub const fn id(&self) -> RunId {
        self.run
    }

    /// How far the run is.
    ///
    /// # Errors
    /// When the store fails, or the run is gone.
    pub async fn status(&self) -> Result<Status, Trouble> {
        let progress = self.progress();
        let row = self.row().await?;
        let point = match progress.as_ref().and_then(|progress| progress.point.clone()) {
            Some(point) => Some(point),
            None => self.stored_point(&row).await?,
        };
        Ok(Status {
            run: row.status,
            parked: progress.and_then(|progress| progress.parked),
            point,
            wake_at: row.wake_at.map(Into::into),
        })
    }

    /// Waits for the result. An error at once when the run is stuck, or this build cannot continue
    /// it: then nothing happens until somebody does something about it.
    ///
    /// # Errors
    /// When the saga failed, or with trouble of the infrastructure.
    pub async fn wait(&self) -> Result<S::Ok, SagaError<S::Error>> {
        let engine = self.scoop.engine();
        let mut stop = engine.stop.subscribe();
        loop {
            let watched = engine.live.watch(self.run);
            if let Some(result) = self.result_now().await {
                return result;
            }
            if *stop.borrow() {
                return Err(trouble(Trouble::ShutDown(self.run)));
            }
            tokio::select! {
                () = changed(watched) => {}
                _ = stop.wait_for(|stop| *stop) => {}
                () = engine.env.sleep(BACKSTOP) => {}
            }
        }
    }

    /// The result, where there is one by now.
    ///
    /// # Errors
    /// When the store fails, or the run is gone.
    pub async fn result(&self) -> Option<Result<S::Ok, SagaError<S::Error>>> {
        self.result_now().await
    }

    /// Waits for the result from code that is not async.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), and inside async code.
    pub fn wait_blocking(&self) -> Result<S::Ok, SagaError<S::Error>> {
        self.scoop
            .block_on(self.wait())
            .unwrap_or_else(|| Err(trouble(Trouble::BlockingInAsync("wait_blocking()"))))
    }

    async fn result_now(&self) -> Option<Result<S::Ok, SagaError<S::Error>>> {
        let row = match self.row().await {
            Ok(row) => row,
            Err(error) => return Some(Err(trouble(error))),
        };
        match row.status {
            RunStatus::Running | RunStatus::RollingBack => {
                let reason = self.progress()?.parked?;
                Some(Err(trouble(Trouble::Parked { run: self.run, reason })))
            }
            RunStatus::Completed => Some(self.output(&row).map_err(trouble)),
            RunStatus::Stuck | RunStatus::RolledBack => Some(Err(self.failure(&row))),
        }
    }

    fn output(&self, row: &RunRow) -> Result<S::Ok, Trouble> {
        let decoded = match &row.output {
            Some(output) => output.decode(),
            None => crate::codec::Stored::from_json("null").decode(),
        };
        decoded.map_err(|error| Trouble::Undecodable { run: self.run, what: "output", error })
    }

    fn failure(&self, row: &RunRow) -> SagaError<S::Error> {
        let stored = row.failure.as_ref();
        match stored.map(crate::codec::Stored::decode::<StoredFailure>) {
            Some(Ok(failure)) => SagaError::from_failure(failure),
            Some(Err(error)) => {
                trouble(Trouble::Undecodable { run: self.run, what: "failure", error })
            }
            None => trouble(Trouble::NoRun(self.run.to_string())),
        }
    }

    async fn row(&self) -> Result<RunRow, Trouble> {
        let (engine, run) = (self.scoop.engine(), self.run);
        let row = engine.ask(|| {
            let store = Arc::clone(&engine.store);
            Box::pin(async move { store.run(run).await })
        });
        row.await?.ok_or_else(|| Trouble::NoRun(run.to_string()))
    }

    async fn stored_point(&self, row: &RunRow) -> Result<Option<String>, Trouble> {
        let (engine, run, seq) = (self.scoop.engine(), self.run, row.seq);
        let rows = engine.ask(|| {
            let store = Arc::clone(&engine.store);
            Box::pin(async move { store.rows_at(run, &[seq]).await })
        });
        let point = rows.await?.into_iter().find(|row| row.part.is_main()).map(|row| row.point);
        Ok(point.filter(|point| !point.is_empty()))
    }

    fn progress(&self) -> Option<Progress> {
        let watched = self.scoop.engine().live.watch(self.run)?;
        let progress = watched.borrow().clone();
        Some(progress)
    }
}

/// Waits until something is said of a run that this process drives; for ever for another.
async fn changed(watched: Option<tokio::sync::watch::Receiver<Progress>>) {
    match watched {
        Some(mut watched) => {
            let known = watched.borrow_and_update().clone();
            let news = |now: &Progress| now.parked != known.parked || now.status != known.status;
            drop(watched.wait_for(news).await);
        }
        None => std::future::pending().await,
    }
}

fn trouble<E>(trouble: Trouble) -> SagaError<E> {
    SagaError::from_trouble(Box::new(trouble))
}

impl<S> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self { scoop: self.scoop.clone(), run: self.run, saga: PhantomData }
    }
}

impl<S> std::fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.run).finish()
    }
}
