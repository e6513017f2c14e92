//! The only write path: gathers what runs commit while the last commit is under way, and sends it
//! as one batch. It decides nothing about a run.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::sync::{mpsc, oneshot};

use crate::environment::{BoxFuture, Environment};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Fence;
use crate::store::{Store, StoreError};

/// The most commits of one batch.
const LARGEST_BATCH: usize = 512;

/// Why something was not written.
#[derive(Clone, Debug)]
pub(crate) enum WriteError {
    /// The store refuses this commit, and none but this.
    Refused(String),
    /// This worker may write nothing more.
    Fenced(String),
    /// The runtime was shut down.
    Closed,
}

/// Sends commits to the writer.
#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::UnboundedSender<Request>);

#[derive(Debug)]
enum Request {
    Commit(Box<Commit>, Answer),
    Close(oneshot::Sender<()>),
}

type Answer = oneshot::Sender<Result<Committed, WriteError>>;

impl Writer {
    /// Begins a writer that lives until it is closed or all senders are gone.
    pub(crate) fn begin(store: Arc<dyn Store>, fence: Fence, env: &Arc<dyn Environment>) -> Self {
        let (sender, queue) = mpsc::unbounded_channel();
        let task = Task { store, fence, env: Arc::clone(env), down: None };
        env.spawn(Box::pin(task.run(queue)));
        Self(sender)
    }

    /// Writes a commit; waits until it is durable, however long the store is away.
    pub(crate) async fn commit(&self, commit: Commit) -> Result<Committed, WriteError> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Commit(Box::new(commit), answer);
        self.0.send(request).map_err(|_| WriteError::Closed)?;
        answered.await.unwrap_or(Err(WriteError::Closed))
    }

    /// Waits for the commits under way, then gives the store back.
    pub(crate) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.0.send(Request::Close(answer)).is_ok() {
            drop(answered.await);
        }
    }
}

struct Task {
    store: Arc<dyn Store>,
    fence: Fence,
    env: Arc<dyn Environment>,
    /// Why nothing more may be written.
    down: Option<WriteError>,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Request>) {
        let mut gathered = Vec::new();
        let mut closing = Vec::new();
        while closing.is_empty() && queue.recv_many(&mut gathered, LARGEST_BATCH).await > 0 {
            let mut batch = Vec::with_capacity(gathered.len());
            for request in gathered.drain(..) {
                match request {
                    Request::Commit(commit, answer) => batch.push((*commit, answer)),
                    Request::Close(answer) => closing.push(answer),
                }
            }
            self.write(batch).await;
        }
        queue.close();
        if let Err(error) = self.store.detach(&self.fence).await {
            tracing::warn!(%error, worker = %self.fence.worker, "the worker could not sign off");
        }
        self.store.close().await;
        for answer in closing {
            let _ = answer.send(());
        }
    }

    /// Writes a batch in rounds that hold each run once.
    async fn write(&mut self, mut batch: Vec<(Commit, Answer)>) {
        batch.sort_by_key(|(commit, _)| commit.run);
        while !batch.is_empty() {
            let mut later = Vec::new();
            let (mut commits, mut answers): (Vec<Commit>, Vec<Answer>) = (vec![], vec![]);
            for (commit, answer) in batch {
                if commits.last().is_some_and(|last| last.run == commit.run) {
                    later.push((commit, answer));
                } else {
                    commits.push(commit);
                    answers.push(answer);
                }
            }
            self.halves(commits, answers).await;
            batch = later;
        }
    }

    /// Writes a batch; where the store refuses it, its halves, so that one bad commit fails alone.
    async fn halves(&mut self, commits: Vec<Commit>, answers: Vec<Answer>) {
        let mut pending = vec![(commits, answers)];
        while let Some((mut commits, mut answers)) = pending.pop() {
            let result = match self.down.clone() {
                Some(down) => Err(down),
                None => self.patiently(&commits).await,
            };
            match result {
                Ok(results) => {
                    for (answer, result) in answers.into_iter().zip(results) {
                        let _ = answer.send(Ok(result));
                    }
                }
                Err(WriteError::Refused(_)) if commits.len() > 1 => {
                    let half = commits.len() / 2;
                    pending.push((commits.split_off(half), answers.split_off(half)));
                    pending.push((commits, answers));
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Tries for as long as the store is away.
    async fn patiently(&mut self, commits: &[Commit]) -> Result<Vec<Committed>, WriteError> {
        let mut pauses = pauses();
        let mut away = false;
        loop {
            match self.store.commit(&self.fence, commits).await {
                Ok(results) if away => {
                    tracing::info!(store = self.store.name(), "the store is back");
                    return Ok(self.recognise(commits, results).await);
                }
                Ok(results) => return Ok(results),
                Err(StoreError::Unavailable(why)) => {
                    if !away {
                        tracing::warn!(store = self.store.name(), why, "the store is away, runs wait");
                    }
                    away = true;
                    let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
                    self.env.sleep(pause).await;
                }
                Err(error @ (StoreError::Fenced(_) | StoreError::InUse(_))) => {
                    let error = WriteError::Fenced(error.to_string());
                    tracing::error!(worker = %self.fence.worker, ?error, "this worker stops");
                    self.down = Some(error.clone());
                    return Err(error);
                }
                Err(error) => return Err(WriteError::Refused(error.to_string())),
            }
        }
    }

    /// A commit whose answer was lost and that is sent again looks as if another had been faster:
    /// it is this one if the rows are.
    async fn recognise(&self, commits: &[Commit], results: Vec<Committed>) -> Vec<Committed> {
        let mut recognised = Vec::with_capacity(results.len());
        for (commit, result) in commits.iter().zip(results) {
            let ours = match &result {
                Committed::Stored => false,
                Committed::KeyTaken(row) => row.id == commit.run,
                Committed::Stale => self.is_written(commit).await,
            };
            recognised.push(if ours { Committed::Stored } else { result });
        }
        recognised
    }

    async fn is_written(&self, commit: &Commit) -> bool {
        let seqs: Vec<_> = commit.rows.iter().map(|row| row.seq).collect();
        let read = || {
            let store = Arc::clone(&self.store);
            let (run, seqs) = (commit.run, seqs.clone());
            Box::pin(async move { store.rows_at(run, &seqs).await })
                as BoxFuture<'static, Result<Vec<CheckpointRow>, StoreError>>
        };
        let rows: Vec<_> = super::reading::patiently(&self.env, read).await.unwrap_or_default();
        !seqs.is_empty() && commit.rows.iter().all(|row| rows.contains(row))
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long to wait while the store is away.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .build()
}
