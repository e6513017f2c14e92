//! The writer: the only way to the store's tables.
//!
//! What gathers while one commit is under way goes into the next one together: many runs share a
//! transaction, a lonely run waits for nobody (group commit; Gray and Reuter: Transaction
//! Processing, 9.4.7). Each run waits for its own commit only.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::reading;
use crate::environment::Environment;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, Seq};
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

enum Order {
    Write(Box<Request>),
    /// To be answered when all before it is written.
    Flush(oneshot::Sender<()>),
}

/// Sends commits to the store.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    orders: mpsc::UnboundedSender<Order>,
}

impl Writer {
    /// Starts the writer. It ends when all its senders are gone. It sets `stop` when it may write
    /// nothing more, and gives up waiting for the store when somebody else does.
    pub(crate) fn spawn(
        store: Arc<dyn Store>,
        fence: Fence,
        environment: &Arc<dyn Environment>,
        stop: watch::Sender<bool>,
    ) -> Self {
        let (orders, queue) = mpsc::unbounded_channel();
        let task = Task {
            store,
            fence,
            environment: Arc::clone(environment),
            stop,
            stopped: false,
        };
        environment.spawn(Box::pin(task.run(queue)));
        Self { orders }
    }

    /// Writes; ends when it is durable, or never will be.
    pub(crate) async fn write(&self, commit: Commit) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = Box::new(Request { commit, answer });
        if self.orders.send(Order::Write(request)).is_err() {
            return Err(WriteError::Stopped);
        }
        answered.await.unwrap_or(Err(WriteError::Stopped))
    }

    /// Waits until all that was given to the writer so far is written, or never will be.
    pub(crate) async fn flush(&self) {
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order::Flush(answer)).is_ok() {
            drop(answered.await);
        }
    }
}

struct Task {
    store: Arc<dyn Store>,
    fence: Fence,
    environment: Arc<dyn Environment>,
    stop: watch::Sender<bool>,
    stopped: bool,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Order>) {
        let mut orders = Vec::new();
        while queue.recv_many(&mut orders, MOST_IN_A_BATCH).await > 0 {
            let (mut batch, mut flushed) = (Vec::new(), Vec::new());
            for order in orders.drain(..) {
                match order {
                    Order::Write(request) => batch.push(*request),
                    Order::Flush(answer) => flushed.push(answer),
                }
            }
            self.in_rounds(batch).await;
            for answer in flushed {
                let _ = answer.send(());
            }
        }
    }

    /// Writes what has gathered, in the order of the runs; each run once in a batch.
    async fn in_rounds(&mut self, mut gathered: Vec<Request>) {
        gathered.sort_by_key(|request| request.commit.run);
        while !gathered.is_empty() {
            let (mut batch, mut later) = (Vec::<Request>::new(), Vec::new());
            for request in gathered {
                let again = batch
                    .last()
                    .is_some_and(|last| last.commit.run == request.commit.run);
                if again { &mut later } else { &mut batch }.push(request);
            }
            self.write(batch).await;
            gathered = later;
        }
    }

    /// Writes a batch; one that is refused for its data is halved until the bad commit is alone.
    async fn write(&mut self, batch: Vec<Request>) {
        let (commits, answers): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|request| (request.commit, request.answer))
            .unzip();
        let mut answers = answers.into_iter();
        let mut waiting = vec![&commits[..]];
        while let Some(commits) = waiting.pop() {
            match self.send(commits).await {
                Ok(results) => {
                    for (result, answer) in results.into_iter().zip(&mut answers) {
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
    async fn send(&mut self, commits: &[Commit]) -> Result<Vec<Committed>, WriteError> {
        if self.stopped {
            return Err(WriteError::Stopped);
        }
        let mut pauses = reading::pauses();
        let mut told = false;
        loop {
            match self.store.commit(&self.fence, commits).await {
                Ok(answers) => {
                    if told {
                        tracing::info!("the store is available again");
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
                    self.stopped = true;
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
                Committed::Stored => true,
                Committed::KeyTaken(other) => other.id == commit.run,
                Committed::Stale => self.is_written(commit).await,
            };
            recognised.push(if ours { Committed::Stored } else { answer });
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
