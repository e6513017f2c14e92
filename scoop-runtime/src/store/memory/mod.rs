//! Runs kept in memory, for tests and for trying things out: nothing survives the process.

mod claim;
mod data;
mod rest;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::data::Data;
use super::{Claim, Removal, Rest, Rested, RunFilter, Store, StoreError, check};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;

/// A store in memory.
///
/// A clone is another handle on the same runs, as if another process had opened the same database:
/// closing or dropping a handle ends the lives of the workers that attached through it, and leaves
/// the other handles as they are. So a test that "restarts" a runtime gives each life its own
/// clone. A worker that attaches under a name that is alive takes it over.
pub struct MemoryStore {
    data: Arc<Mutex<Data>>,
    handle: Mutex<Handle>,
}

#[derive(Default)]
struct Handle {
    closed: bool,
    attached: Vec<Fence>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            data: Arc::default(),
            handle: Mutex::default(),
        }
    }

    fn data(&self) -> Result<MutexGuard<'_, Data>, StoreError> {
        if lock(&self.handle).closed {
            return Err(StoreError::Unusable(
                "the memory store is closed; a clone made of it before is another handle on the \
                 same runs"
                    .to_owned(),
            ));
        }
        Ok(lock(&self.data))
    }

    fn end(&self) {
        let mut handle = lock(&self.handle);
        handle.closed = true;
        let mut data = lock(&self.data);
        handle
            .attached
            .drain(..)
            .for_each(|fence| data.detach(&fence));
    }
}

/// Every change is made only after all that can fail, so a poisoned lock guards sound data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self {
            data: Arc::clone(&self.data),
            handle: Mutex::default(),
        }
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        check::worker(worker)?;
        let fence = self.data()?.attach(worker);
        lock(&self.handle).attached.push(fence.clone());
        Ok(fence)
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        self.data()?.detach(fence);
        Ok(())
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        check::batch(batch, check::LARGEST)?;
        self.data()?.commit(fence, batch)
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        self.data()?.claim(fence, claim)
    }

    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        self.data()?.rest(fence, rest)
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        self.data()?.limit_queue(queue, most);
        Ok(())
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        Ok(self.data()?.remove(removal))
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        Ok(self.data()?.cancelled(fence))
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.data()?.next_due(after))
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.data()?.run(run))
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        Ok(self.data()?.run_by_key(saga, key))
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        Ok(self.data()?.runs(filter))
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        Ok(self.data()?.rows_at(run, seqs))
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        Ok(self.data()?.rows_before(run, before, limit))
    }

    async fn close(&self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::sample;

    #[tokio::test]
    async fn attaching_under_a_live_name_takes_it_over() {
        let store = MemoryStore::new();
        let old = store.attach(&sample::worker("w")).await.unwrap();
        let new = store.attach(&sample::worker("w")).await.unwrap();
        assert_eq!(new.epoch, old.epoch + 1);
        let refused = store.commit(&old, &[sample::start(1)]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Fenced(_)), "{refused}");
    }

    #[tokio::test]
    async fn dropping_a_handle_ends_its_workers() {
        let store = MemoryStore::new();
        let first = store.clone();
        let dead = first.attach(&sample::worker("dead")).await.unwrap();
        first.commit(&dead, &[sample::start(1)]).await.unwrap();
        let fence = store.attach(&sample::worker("alive")).await.unwrap();
        assert_eq!(store.claim(&fence, &sample::claim(9)).await.unwrap(), []);
        drop(first);
        assert_eq!(
            store.claim(&fence, &sample::claim(9)).await.unwrap().len(),
            1
        );
    }
}
