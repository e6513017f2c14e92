//! A store in front of another one, which looks at what passes: commits, and what is read.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use scoop::RunFilter;
use scoop::testing::Store;
use scoop_runtime::codec::Stored;
use scoop_runtime::protocol::checkpoint::CheckpointRow;
use scoop_runtime::protocol::commit::{Commit, Committed};
use scoop_runtime::protocol::id::{Fence, RunId, Seq, WorkerName};
use scoop_runtime::protocol::run::RunRow;
use scoop_runtime::protocol::timestamp::Timestamp;
use scoop_runtime::store::tx::{Database, Lent, StepPool, Transacted, Verdict, Work};
use scoop_runtime::store::{Claim, Lease, Removal, Rest, Rested, StoreError};

/// What becomes of a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Passing<'a> {
    /// A transaction has begun, which may be committed with this number.
    Begun,
    /// It is about to be sent.
    Sent,
    Written,
    Failed(&'a StoreError),
}

/// Called with the number of a commit, from 1.
type Watcher = fn(number: u64, passing: Passing<'_>);

#[derive(Debug)]
pub(crate) struct Probe {
    inner: Arc<dyn Store>,
    watcher: Watcher,
    commits: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
    claims: AtomicU64,
    poll: Option<Duration>,
}

impl Probe {
    pub(crate) fn new(inner: Arc<dyn Store>, watcher: Watcher) -> Arc<Self> {
        let poll = inner.poll();
        Self::polled(inner, watcher, poll)
    }

    /// The same, with another pace of its own.
    pub(crate) fn polled(
        inner: Arc<dyn Store>,
        watcher: Watcher,
        poll: Option<Duration>,
    ) -> Arc<Self> {
        Arc::new(Self {
            poll,
            claims: AtomicU64::new(0),
            inner,
            watcher,
            commits: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// How often somebody looked for runs.
    pub(crate) fn claims(&self) -> u64 {
        self.claims.load(Ordering::SeqCst)
    }

    /// How many checkpoints were read, and how many bytes were in them.
    pub(crate) fn read(&self) -> (u64, u64) {
        (
            self.rows.load(Ordering::SeqCst),
            self.bytes.load(Ordering::SeqCst),
        )
    }

    fn note(&self, rows: &[CheckpointRow]) {
        self.rows.fetch_add(rows.len() as u64, Ordering::SeqCst);
        let values = |row: &CheckpointRow| {
            let all = [&row.arguments, &row.frame, &row.outcome];
            all.into_iter().flatten().map(Stored::len).sum::<usize>() as u64
        };
        let bytes = rows.iter().map(values).sum();
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
    }
}

/// Work in a transaction, looked at.
struct Watched<'a> {
    work: &'a mut dyn Work,
    probe: &'a Probe,
    /// Where it is to be committed.
    number: Option<u64>,
}

#[async_trait]
impl Work for Watched<'_> {
    async fn work(&mut self, lent: Lent<'_>) -> Verdict {
        (self.probe.watcher)(self.probe.commits() + 1, Passing::Begun);
        let verdict = self.work.work(lent).await;
        if let Verdict::Commit(_) = verdict {
            let number = self.probe.commits.fetch_add(1, Ordering::SeqCst) + 1;
            (self.probe.watcher)(number, Passing::Sent);
            self.number = Some(number);
        }
        verdict
    }
}

#[async_trait]
impl Store for Probe {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn lease(&self) -> Option<Lease> {
        self.inner.lease()
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        self.inner.attach(worker).await
    }

    async fn heartbeat(&self, fence: &Fence) -> Result<(), StoreError> {
        self.inner.heartbeat(fence).await
    }

    async fn detach(&self, fence: &Fence) -> Result<(), StoreError> {
        self.inner.detach(fence).await
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let before = self.commits.fetch_add(batch.len() as u64, Ordering::SeqCst);
        (self.watcher)(before + 1, Passing::Sent);
        let answers = self.inner.commit(fence, batch).await;
        match &answers {
            Ok(_) => (self.watcher)(before + 1, Passing::Written),
            Err(error) => (self.watcher)(before + 1, Passing::Failed(error)),
        }
        answers
    }

    fn database(&self) -> Option<Database> {
        self.inner.database()
    }

    fn use_pool(&self, pool: StepPool) -> Result<(), StoreError> {
        self.inner.use_pool(pool)
    }

    async fn transact(&self, fence: &Fence, work: &mut dyn Work) -> Result<Transacted, StoreError> {
        let mut watched = Watched {
            work,
            probe: self,
            number: None,
        };
        let transacted = self.inner.transact(fence, &mut watched).await;
        match (&transacted, watched.number) {
            (Ok(Transacted::Stored), Some(number)) => (self.watcher)(number, Passing::Written),
            (Err(error), Some(number)) => (self.watcher)(number, Passing::Failed(error)),
            _ => {}
        }
        transacted
    }

    fn poll(&self) -> Option<Duration> {
        self.poll
    }

    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        self.inner.claim(fence, claim).await
    }

    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        self.inner.rest(fence, rest).await
    }

    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError> {
        self.inner.limit_queue(queue, most).await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.inner.remove(removal).await
    }

    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError> {
        self.inner.cancelled(fence).await
    }

    async fn ask_back(
        &self,
        run: RunId,
        owner: &Fence,
        why: Option<&Stored>,
    ) -> Result<(), StoreError> {
        self.inner.ask_back(run, owner, why).await
    }

    async fn asked_back(&self, fence: &Fence) -> Result<Vec<(RunId, Option<Stored>)>, StoreError> {
        self.inner.asked_back(fence).await
    }

    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due(after).await
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.inner.run(run).await
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        self.inner.run_by_key(saga, key).await
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.inner.runs(filter).await
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        let rows = self.inner.rows_at(run, seqs).await?;
        self.note(&rows);
        Ok(rows)
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let rows = self.inner.rows_before(run, before, limit).await?;
        self.note(&rows);
        Ok(rows)
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
