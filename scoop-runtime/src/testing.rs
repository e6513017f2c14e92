//! For tests: a store that stops dead at a chosen commit, as a process that is killed does, and
//! one that fails as a database does.

#[cfg(feature = "postgres")]
mod database;
mod death;
mod fault;

#[cfg(feature = "postgres")]
pub use database::{LentDatabase, fresh_database};
pub use fault::FaultStore;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use self::death::Death;
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;
use crate::store::tx::{Database, StepPool, Transacted, Work};
use crate::store::{Claim, Lease, Removal, Rest, Rested, RunFilter, Store, StoreError};

/// A store that writes a number of commits and then answers never again: what is written is
/// written, and nothing that was to follow happens. The store behind it is closed then, as the end
/// of a process does, so that another life can open it.
#[derive(Debug)]
pub struct CrashStore {
    inner: Arc<dyn Store>,
    commits: AtomicU64,
    crash_at: Option<u64>,
    death: Death,
}

impl CrashStore {
    /// Stops dead right after the commit with this number (from 1) has been written; never, where
    /// there is none.
    pub fn new(inner: Arc<dyn Store>, crash_at: Option<u64>) -> Self {
        Self {
            inner,
            commits: AtomicU64::new(0),
            crash_at,
            death: Death::new(),
        }
    }

    /// How many commits were written.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Ends when the store has stopped dead.
    pub async fn crashed(&self) {
        self.death.come().await;
    }
}

#[async_trait]
impl Store for CrashStore {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn lease(&self) -> Option<Lease> {
        self.inner.lease()
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        self.death.outlives(self.inner.attach(worker)).await
    }

    async fn heartbeat(&self, fence: &Fence) -> Result<(), StoreError> {
        self.death.outlives(self.inner.heartbeat(fence)).await
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        self.death.outlives(self.inner.detach(fence)).await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let mut answers = Vec::new();
        for commit in batch {
            // Others may be under way when it dies; the store that is closed is no answer to them.
            let written = self.inner.commit(fence, std::slice::from_ref(commit));
            answers.extend(self.death.outlives(written).await?);
            let count = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
            if self.crash_at == Some(count) {
                return self.death.die(&*self.inner).await;
            }
        }
        Ok(answers)
    }

    fn poll(&self) -> Option<std::time::Duration> {
        self.inner.poll()
    }

    fn database(&self) -> Option<Database> {
        self.inner.database()
    }

    fn use_pool(&self, pool: StepPool) -> Result<(), StoreError> {
        self.inner.use_pool(pool)
    }

    /// Counts as a commit where it is one.
    async fn transact(&self, fence: &Fence, work: &mut dyn Work) -> Result<Transacted, StoreError> {
        let transacted = self.inner.transact(fence, work);
        let transacted = self.death.outlives(transacted).await?;
        if transacted == Transacted::Stored {
            let count = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
            if self.crash_at == Some(count) {
                return self.death.die(&*self.inner).await;
            }
        }
        self.death.outlives(async { Ok(transacted) }).await
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        self.death.outlives(self.inner.claim(fence, claim)).await
    }

    /// Counts as a commit where it is one.
    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        let rested = self.death.outlives(self.inner.rest(fence, rest)).await?;
        if rested != Rested::Kept {
            let count = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
            if self.crash_at == Some(count) {
                return self.death.die(&*self.inner).await;
            }
        }
        Ok(rested)
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        self.death
            .outlives(self.inner.limit_queue(queue, most))
            .await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.death.outlives(self.inner.remove(removal)).await
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        self.death.outlives(self.inner.cancelled(fence)).await
    }

    async fn ask_back(
        &self,
        run: RunId,
        owner: &Fence,
        why: Option<&Stored>,
    ) -> Result<(), StoreError> {
        self.death
            .outlives(self.inner.ask_back(run, owner, why))
            .await
    }

    async fn asked_back(&self, fence: &Fence) -> Result<Vec<(RunId, Option<Stored>)>, StoreError> {
        self.death.outlives(self.inner.asked_back(fence)).await
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.death.outlives(self.inner.next_due(after)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.death.outlives(self.inner.run(run)).await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        self.death.outlives(self.inner.run_by_key(saga, key)).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.death.outlives(self.inner.runs(filter)).await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        self.death.outlives(self.inner.rows_at(run, seqs)).await
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.death
            .outlives(self.inner.rows_before(run, before, limit))
            .await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
