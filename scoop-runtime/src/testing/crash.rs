//! A store that stops answering after so many commits, as a process stops that is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::store::{RunFilter, Store, StoreError};

/// Passes everything on to another store, until it "crashes": from then on no call ever ends.
///
/// Drop the runtime then, and start another one on the store inside.
#[derive(Debug)]
pub struct CrashStore {
    inner: Arc<dyn Store>,
    /// How many commits are still written.
    left: AtomicUsize,
    crashed: watch::Sender<bool>,
}

impl CrashStore {
    /// Crashes after `commits` commits: the next one is not written.
    #[must_use]
    pub fn after(commits: usize, inner: Arc<dyn Store>) -> Arc<Self> {
        let left = AtomicUsize::new(commits);
        Arc::new(Self { inner, left, crashed: watch::Sender::new(false) })
    }

    /// Ends when the store has crashed.
    pub async fn crashed(&self) {
        drop(self.crashed.subscribe().wait_for(|crashed| *crashed).await);
    }

    /// Never ends after the crash.
    async fn alive(&self) {
        if *self.crashed.borrow() {
            std::future::pending().await
        }
    }
}

#[async_trait]
impl Store for CrashStore {
    fn name(&self) -> &'static str {
        "crash"
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        self.inner.attach(worker).await
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        self.inner.detach(fence).await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        self.alive().await;
        let count = batch.len();
        let enough = |left: usize| left.checked_sub(count);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough).is_err() {
            self.crashed.send_replace(true);
            self.alive().await;
        }
        self.inner.commit(fence, batch).await
    }

    async fn claim(
        &self,
        fence: &Fence,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        self.alive().await;
        self.inner.claim(fence, after, limit).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.alive().await;
        self.inner.run(run).await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        self.alive().await;
        self.inner.run_by_key(saga, key).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.alive().await;
        self.inner.runs(filter).await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        self.alive().await;
        self.inner.rows_at(run, seqs).await
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.alive().await;
        self.inner.rows_before(run, before, limit).await
    }

    async fn close(&self) {}
}
