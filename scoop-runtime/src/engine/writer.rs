//! The writer: the only way to the store's tables.
//!
//! What gathers while one commit is under way goes into the next one together: many runs share a
//! transaction, a lonely run waits for nobody (group commit; Gray and Reuter: Transaction
//! Processing, 9.4.7). Each run waits for its own commit only.

use std::sync::Arc;
use std::time::Duration;

use backon::BackoffBuilder;
use tokio::sync::{mpsc, oneshot};

use crate::environment::Environment;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Fence;
use crate::store::{Store, StoreError};

const MOST_IN_A_BATCH: usize = 512;

/// Why a commit did not take place.
#[derive(Clone, Debug)]
pub(crate) enum WriteError {
    /// The store refuses this data, whenever it is sent.
    Refused(String),
    /// The worker may write nothing more.
    Stopped,
}

type Answer = Result<Committed, WriteError>;

struct Request {
    commit: Commit,
    answer: oneshot::Sender<Answer>,
}

/// Sends commits to the store.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    requests: mpsc::UnboundedSender<Request>,
}

impl Writer {
    /// Starts the writer. It ends when all its senders are gone.
    pub(crate) fn spawn(
        store: Arc<dyn Store>,
        fence: Fence,
        environment: &Arc<dyn Environment>,
    ) -> Self {
        let (requests, queue) = mpsc::unbounded_channel();
        let task = Task {
            store,
            fence,
            environment: Arc::clone(environment),
            stopped: false,
        };
        environment.spawn(Box::pin(task.run(queue)));
        Self { requests }
    }

    /// Writes; ends when it is durable, or never will be.
    pub(crate) async fn write(&self, commit: Commit) -> Answer {
        let (answer, answered) = oneshot::channel();
        if self.requests.send(Request { commit, answer }).is_err() {
            return Err(WriteError::Stopped);
        }
        answered.await.unwrap_or(Err(WriteError::Stopped))
    }
}

struct Task {
    store: Arc<dyn Store>,
    fence: Fence,
    environment: Arc<dyn Environment>,
    stopped: bool,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Request>) {
        let mut batch = Vec::new();
        while queue.recv_many(&mut batch, MOST_IN_A_BATCH).await > 0 {
            batch.sort_by_key(|request| request.commit.run);
            self.write(std::mem::take(&mut batch)).await;
        }
    }

    /// Writes a batch; one that is refused for its data is halved until the bad commit is alone.
    async fn write(&mut self, batch: Vec<Request>) {
        let mut waiting = vec![batch];
        while let Some(mut batch) = waiting.pop() {
            let commits: Vec<Commit> = batch.iter().map(|request| request.commit.clone()).collect();
            match self.send(&commits).await {
                Ok(answers) => {
                    for (request, answer) in batch.into_iter().zip(answers) {
                        drop(request.answer.send(Ok(answer)));
                    }
                }
                Err(WriteError::Refused(_)) if batch.len() > 1 => {
                    let second = batch.split_off(batch.len() / 2);
                    waiting.extend([second, batch]);
                }
                Err(error) => {
                    for request in batch {
                        drop(request.answer.send(Err(error.clone())));
                    }
                }
            }
        }
    }

    /// Sends a batch, again and again while the store is not available.
    async fn send(&mut self, commits: &[Commit]) -> Result<Vec<Committed>, WriteError> {
        if self.stopped {
            return Err(WriteError::Stopped);
        }
        let mut pauses = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(5))
            .without_max_times()
            .build();
        let mut told = false;
        loop {
            match self.store.commit(&self.fence, commits).await {
                Ok(answers) => {
                    if told {
                        tracing::info!("the store is available again");
                    }
                    return Ok(answers);
                }
                Err(error) if error.is_temporary() => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "the store is not available; sagas wait");
                    }
                    let pause = pauses.next().unwrap_or(Duration::from_secs(5));
                    self.environment.sleep(pause).await;
                }
                Err(StoreError::Refused(why)) => return Err(WriteError::Refused(why)),
                Err(error) => {
                    tracing::error!(%error, "the worker writes nothing more");
                    self.stopped = true;
                    return Err(WriteError::Stopped);
                }
            }
        }
    }
}
