//! A store in front of one that works in threads of its own. A paused clock leaps forward whenever
//! nobody has anything to do, and would not wait for those threads: it stands still here while the
//! store is being asked.

use std::sync::Arc;

use async_trait::async_trait;
use scoop::RunFilter;
use scoop::testing::Store;
use scoop_runtime::codec::Stored;
use scoop_runtime::protocol::checkpoint::CheckpointRow;
use scoop_runtime::protocol::commit::{Commit, Committed};
use scoop_runtime::protocol::id::{Fence, RunId, Seq, WorkerName};
use scoop_runtime::protocol::run::RunRow;
use scoop_runtime::protocol::timestamp::Timestamp;
use scoop_runtime::store::{Claim, Lease, Removal, Rest, Rested, StoreError};

#[derive(Debug)]
pub(crate) struct Unhurried(Arc<dyn Store>);

impl Unhurried {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self(inner)
    }
}

/// Tokio does not advance a paused clock while a blocking task is under way.
pub(crate) async fn standing<T>(asked: impl Future<Output = T>) -> T {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let _held = tokio::task::spawn_blocking(move || wait.recv());
    let answer = asked.await;
    drop(done);
    answer
}

#[async_trait]
impl Store for Unhurried {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn lease(&self) -> Option<Lease> {
        self.0.lease()
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        standing(self.0.attach(worker)).await
    }

    async fn heartbeat(&self, fence: &Fence) -> Result<(), StoreError> {
        standing(self.0.heartbeat(fence)).await
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        standing(self.0.detach(fence)).await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        standing(self.0.commit(fence, batch)).await
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        standing(self.0.claim(fence, claim)).await
    }

    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        standing(self.0.rest(fence, rest)).await
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        standing(self.0.limit_queue(queue, most)).await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        standing(self.0.remove(removal)).await
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        standing(self.0.cancelled(fence)).await
    }

    async fn ask_back(
        &self,
        run: RunId,
        owner: &Fence,
        why: Option<&Stored>,
    ) -> Result<(), StoreError> {
        standing(self.0.ask_back(run, owner, why)).await
    }

    async fn asked_back(&self, fence: &Fence) -> Result<Vec<(RunId, Option<Stored>)>, StoreError> {
        standing(self.0.asked_back(fence)).await
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        standing(self.0.next_due(after)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        standing(self.0.run(run)).await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        standing(self.0.run_by_key(saga, key)).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        standing(self.0.runs(filter)).await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        standing(self.0.rows_at(run, seqs)).await
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        standing(self.0.rows_before(run, before, limit)).await
    }

    async fn close(&self) {
        standing(self.0.close()).await;
    }
}
