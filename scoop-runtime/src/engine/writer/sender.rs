//! The way to the store: sends a batch until it is answered, and tells each run what came of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::queue::Request;
use super::{WriteError, reading};
use crate::environment::Environment;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, Seq};
use crate::store::{Store, StoreError};

/// Sends batches, for one worker. Several may be under way at once, each with other runs.
pub(super) struct Sender {
    store: Arc<dyn Store>,
    fence: Fence,
    environment: Arc<dyn Environment>,
    stop: watch::Sender<bool>,
    stopped: AtomicBool,
    woke: Woke,
}

/// Called when a run that waited in the store is due because of what was written.
pub(in crate::engine) type Woke = Box<dyn Fn() + Send + Sync>;

impl Sender {
    pub(super) fn new(
        store: Arc<dyn Store>,
        fence: Fence,
        environment: Arc<dyn Environment>,
        stop: watch::Sender<bool>,
        woke: Woke,
    ) -> Self {
        Self {
            store,
            fence,
            environment,
            stop,
            stopped: AtomicBool::new(false),
            woke,
        }
    }

    /// How many batches may be under way at once.
    pub(super) fn lanes(&self) -> usize {
        self.store.lanes().max(1)
    }

    /// Writes a batch; one that is refused for its data is halved until the bad commit is alone.
    pub(super) async fn write(&self, batch: Vec<Request>) {
        let (commits, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|request| (request.commit, request.answer))
            .unzip();
        let mut answers = answers.into_iter();
        let mut waiting = vec![&commits[..]];
        while let Some(commits) = waiting.pop() {
            match self.send(commits).await {
                Ok(results) => {
                    if results.contains(&Committed::StoredAndWoke) {
                        (self.woke)();
                    }
                    for (result, answer) in results.into_iter().zip(&mut answers) {
                        let result = match result {
                            Committed::StoredAndWoke => Committed::Stored,
                            result => result,
                        };
                        drop(answer.send(Ok(result)));
                    }
                }
                Err(WriteError::Refused(_)) if commits.len() > 1 => {
                    let (first, second) = commits.split_at(commits.len() / 2);
                    waiting.extend([second, first]);
                }
                Err(error) => {
                    for answer in answers.by_ref().take(commits.len()) {
                        drop(answer.send(Err(error.clone())));
                    }
                }
            }
        }
    }

    /// Sends a batch, again and again while the store is not available.
    async fn send(&self, commits: &[Commit]) -> Result<Vec<Committed>, WriteError> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(WriteError::Stopped);
        }
        let mut pauses = reading::pauses();
        let mut told = false;
        loop {
            match self.store.commit(&self.fence, commits).await {
                Ok(answers) => {
                    if told {
                        tracing::info!("the store is available again");
                        // What an earlier try wrote may have made a run due; the answer is lost.
                        (self.woke)();
                        return Ok(self.recognise(commits, answers).await);
                    }
                    return Ok(answers);
                }
                Err(error) if error.is_temporary() => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "the store is not available; sagas wait");
                    }
                    let Some(pause) = pauses.next().filter(|_| !*self.stop.borrow()) else {
                        return Err(WriteError::Stopped);
                    };
                    self.pause(pause).await;
                }
                Err(StoreError::Refused(why)) => return Err(WriteError::Refused(why)),
                Err(error) => {
                    tracing::error!(%error, "the worker writes nothing more");
                    self.stopped.store(true, Ordering::Relaxed);
                    self.stop.send_replace(true);
                    return Err(WriteError::Stopped);
                }
            }
        }
    }

    async fn pause(&self, pause: Duration) {
        let mut stop = self.stop.subscribe();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.environment.sleep(pause) => {}
        }
    }

    /// A commit that is sent again because its answer was lost looks as if somebody else had been
    /// faster. It was this one, if the rows are there as they were sent.
    async fn recognise(&self, commits: &[Commit], answers: Vec<Committed>) -> Vec<Committed> {
        let mut recognised = Vec::with_capacity(answers.len());
        for (commit, answer) in commits.iter().zip(answers) {
            let ours = match &answer {
                Committed::Stored | Committed::StoredAndWoke => true,
                Committed::KeyTaken(other) => other.id == commit.run,
                Committed::Stale => self.is_written(commit).await,
            };
            recognised.push(match answer {
                Committed::StoredAndWoke => answer,
                _ if ours => Committed::Stored,
                _ => answer,
            });
        }
        recognised
    }

    async fn is_written(&self, commit: &Commit) -> bool {
        let seqs: Vec<Seq> = commit.rows.iter().map(|row| row.seq).collect();
        let read = || self.store.rows_at(commit.run, &seqs);
        match reading::boundedly(&*self.environment, read).await {
            Ok(rows) => !seqs.is_empty() && commit.rows.iter().all(|row| rows.contains(row)),
            Err(_) => false,
        }
    }
}
