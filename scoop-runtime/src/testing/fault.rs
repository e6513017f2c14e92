//! A store that fails on purpose, in the ways in which a database does.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::death::Death;
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;
use crate::store::tx::{Database, Lent, StepPool, Transacted, Verdict, Work};
use crate::store::{Claim, Lease, Removal, Rest, Rested, RunFilter, Store, StoreError};

/// A store in front of another one. It fails as often as it is told to.
#[derive(Debug)]
pub struct FaultStore {
    inner: Arc<dyn Store>,
    away_for_reads: AtomicU32,
    away_for_commits: AtomicU32,
    away_for_heartbeats: AtomicU32,
    lease: Mutex<Option<Lease>>,
    lost_answers: AtomicU32,
    first_answers: AtomicU32,
    fenced: AtomicBool,
    refused: Mutex<Option<String>>,
    stop_before: Mutex<Option<u32>>,
    death: Death,
}

impl FaultStore {
    /// Fails in no way yet.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            away_for_reads: AtomicU32::new(0),
            away_for_commits: AtomicU32::new(0),
            away_for_heartbeats: AtomicU32::new(0),
            lease: Mutex::new(None),
            lost_answers: AtomicU32::new(0),
            first_answers: AtomicU32::new(0),
            fenced: AtomicBool::new(false),
            refused: Mutex::new(None),
            stop_before: Mutex::new(None),
            death: Death::new(),
        })
    }

    /// The next `times` reads find the store away.
    pub fn away_for_reads(&self, times: u32) {
        self.away_for_reads.store(times, Ordering::SeqCst);
    }

    /// The next `times` batches find the store away; nothing of them is written.
    pub fn away_for_commits(&self, times: u32) {
        self.away_for_commits.store(times, Ordering::SeqCst);
    }

    /// Wants heartbeats, as a store does that many processes share.
    pub fn share(&self, lease: Lease) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
    }

    /// The next `times` heartbeats find the store away.
    pub fn away_for_heartbeats(&self, times: u32) {
        self.away_for_heartbeats.store(times, Ordering::SeqCst);
    }

    /// The next `times` batches are written, but the answer is lost.
    pub fn lose_answers(&self, times: u32) {
        self.lost_answers.store(times, Ordering::SeqCst);
    }

    /// Of the next `times` batches the first answer is lost, and not that to sending it again.
    pub fn lose_first_answers(&self, times: u32) {
        self.first_answers.store(2 * times, Ordering::SeqCst);
    }

    /// Whether the worker is declared dead.
    pub fn fence(&self, fenced: bool) {
        self.fenced.store(fenced, Ordering::SeqCst);
    }

    /// Refuses each batch in which a run with this key is created.
    pub fn refuse(&self, key: &str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.to_owned());
    }

    /// Stops dead before the batch after the next `batches`: that one is not written, and no batch
    /// is answered any more.
    pub fn stop_after(&self, batches: u32) {
        *self.counter() = Some(batches);
    }

    /// Ends when it has stopped dead.
    pub async fn stopped(&self) {
        self.death.come().await;
    }

    fn counter(&self) -> std::sync::MutexGuard<'_, Option<u32>> {
        self.stop_before
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_dead(&self) -> bool {
        match &mut *self.counter() {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    fn refuses(&self, batch: &[Commit]) -> Option<StoreError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let bad = |commit: &Commit| {
            let key = commit.create.as_ref().and_then(|new| new.key.as_ref());
            key.is_some() && key == refused.as_ref()
        };
        let bad = batch.iter().any(bad);
        bad.then(|| StoreError::Refused("a bad row".to_owned()))
    }

    fn read(&self) -> Result<(), StoreError> {
        if take(&self.away_for_reads) {
            Err(away())
        } else {
            Ok(())
        }
    }
}

fn take(counter: &AtomicU32) -> bool {
    let less = |left: u32| left.checked_sub(1);
    counter
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

fn away() -> StoreError {
    StoreError::Unavailable("away on purpose".to_owned())
}

/// Work whose commit may find its process dead, or fenced.
struct Watched<'a> {
    store: &'a FaultStore,
    work: &'a mut dyn Work,
    dead: bool,
}

#[async_trait]
impl Work for Watched<'_> {
    async fn work(&mut self, lent: Lent<'_>) -> Verdict {
        let verdict = self.work.work(lent).await;
        if !matches!(verdict, Verdict::Commit(_)) {
            return verdict;
        }
        self.dead = self.store.is_dead();
        if self.dead || self.store.fenced.load(Ordering::SeqCst) {
            return Verdict::Rollback;
        }
        verdict
    }
}

#[async_trait]
impl Store for FaultStore {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn lease(&self) -> Option<Lease> {
        let lease = *self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        lease.or_else(|| self.inner.lease())
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        self.inner.attach(worker).await
    }

    async fn heartbeat(&self, fence: &Fence) -> Result<(), StoreError> {
        if take(&self.away_for_heartbeats) {
            return Err(away());
        }
        if self.fenced.load(Ordering::SeqCst) {
            return Err(StoreError::Fenced(fence.worker.clone()));
        }
        self.death.outlives(self.inner.heartbeat(fence)).await
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        self.inner.detach(fence).await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        if self.is_dead() {
            return self.death.die(&*self.inner).await;
        }
        if self.fenced.load(Ordering::SeqCst) {
            return Err(StoreError::Fenced(fence.worker.clone()));
        }
        if take(&self.away_for_commits) {
            return Err(away());
        }
        if let Some(refused) = self.refuses(batch) {
            return Err(refused);
        }
        // Others get their turn, as they do while a database writes.
        tokio::task::yield_now().await;
        let written = self.inner.commit(fence, batch);
        let answers = self.death.outlives(written).await?;
        let is_first = self.first_answers.load(Ordering::SeqCst).is_multiple_of(2);
        if take(&self.lost_answers) || (take(&self.first_answers) && is_first) {
            return Err(away());
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

    async fn transact(&self, fence: &Fence, work: &mut dyn Work) -> Result<Transacted, StoreError> {
        let mut watched = Watched {
            store: self,
            work,
            dead: false,
        };
        let transacted = self.inner.transact(fence, &mut watched).await;
        if watched.dead {
            return self.death.die(&*self.inner).await;
        }
        let transacted = self.death.outlives(async { transacted }).await?;
        if self.fenced.load(Ordering::SeqCst) {
            return Err(StoreError::Fenced(fence.worker.clone()));
        }
        if transacted == Transacted::Stored && take(&self.lost_answers) {
            return Ok(Transacted::Doubt("lost on purpose".to_owned()));
        }
        self.death.outlives(async { Ok(transacted) }).await
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.claim(fence, claim)).await
    }

    /// Counts as a batch.
    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        if self.is_dead() {
            return self.death.die(&*self.inner).await;
        }
        if self.fenced.load(Ordering::SeqCst) {
            return Err(StoreError::Fenced(fence.worker.clone()));
        }
        if take(&self.away_for_commits) {
            return Err(away());
        }
        let rested = self.death.outlives(self.inner.rest(fence, rest)).await?;
        if take(&self.lost_answers) {
            return Err(away());
        }
        Ok(rested)
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        self.read()?;
        self.death
            .outlives(self.inner.limit_queue(queue, most))
            .await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.remove(removal)).await
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        self.read()?;
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
        self.read()?;
        self.death.outlives(self.inner.next_due(after)).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.run(run)).await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.run_by_key(saga, key)).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.runs(filter)).await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        self.read()?;
        self.death.outlives(self.inner.rows_at(run, seqs)).await
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        self.read()?;
        self.death
            .outlives(self.inner.rows_before(run, before, limit))
            .await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
