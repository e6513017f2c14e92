//! The writer: the only way to the store's tables.
//!
//! What gathers while one commit is under way goes into the next one together: many runs share a
//! transaction, a lonely run waits for nobody (group commit; Gray and Reuter: Transaction
//! Processing, 9.4.7). Each run waits for its own commit only.

mod lane;
mod queue;
mod sender;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use self::lane::Lane;
use self::queue::{Queue, Request};
use self::sender::Sender;
pub(super) use self::sender::Woke;
use super::reading;
use crate::environment::Environment;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Fence;
use crate::store::Store;

/// So many runs have to wait before another batch is sent beside one that is under way. Fewer are
/// better off in one large batch a moment later.
const WORTH_A_LANE: usize = 64;

/// Why a commit did not take place.
#[derive(Clone, Debug)]
pub(crate) enum WriteError {
    /// The store refuses this data, whenever it is sent.
    Refused(String),
    /// The worker may write nothing more.
    Stopped,
}

type Answer = Result<Committed, WriteError>;

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
    /// nothing more, and gives up waiting for the store when somebody else does. It says when a run that
    /// waited in the store is due.
    pub(super) fn spawn(
        store: Arc<dyn Store>,
        fence: Fence,
        environment: &Arc<dyn Environment>,
        stop: watch::Sender<bool>,
        woke: Woke,
    ) -> Self {
        let (orders, queue) = mpsc::unbounded_channel();
        let sender = Sender::new(store, fence, Arc::clone(environment), stop, woke);
        environment.spawn(Box::pin(write(sender, queue)));
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

/// What was ordered.
struct Desk {
    orders: mpsc::UnboundedReceiver<Order>,
    received: Vec<Order>,
    queue: Queue,
    flushes: Vec<oneshot::Sender<()>>,
    open: bool,
}

impl Desk {
    /// Waits for an order.
    async fn wait(&mut self) {
        let count = self.orders.recv_many(&mut self.received, usize::MAX).await;
        self.open = count > 0;
    }

    /// Takes what was ordered so far.
    fn sort(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.received.push(order);
        }
        for order in self.received.drain(..) {
            match order {
                Order::Write(request) => self.queue.push(*request),
                Order::Flush(answer) => self.flushes.push(answer),
            }
        }
    }

    /// Takes orders for as long as each turn of the other tasks brings some: runs that the last
    /// batch woke come back in a moment, and a lonely one waits for nobody.
    async fn gather(&mut self) {
        self.sort();
        let mut known = 0;
        while self.queue.len() > known {
            known = self.queue.len();
            tokio::task::yield_now().await;
            self.sort();
        }
    }
}

/// Writes what is ordered, until nobody can order anything any more.
async fn write(sender: Sender, orders: mpsc::UnboundedReceiver<Order>) {
    let mut desk = Desk {
        orders,
        received: Vec::new(),
        queue: Queue::default(),
        flushes: Vec::new(),
        open: true,
    };
    let mut lanes: Vec<Lane<'_>> = (0..sender.lanes()).map(|_| Lane::default()).collect();
    loop {
        desk.gather().await;
        begin(&sender, &mut desk.queue, &mut lanes);
        if lanes.iter().all(Lane::is_free) {
            // Whatever waits would be on its way.
            for answer in desk.flushes.drain(..) {
                let _ = answer.send(());
            }
            if !desk.open {
                return;
            }
        }
        let waits = desk.open && lanes.iter().any(Lane::is_free);
        tokio::select! {
            biased;
            () = lane::one_ended(&mut lanes) => {}
            () = desk.wait(), if waits => {}
        }
    }
}

/// Sends what waits: at once where nothing is under way, else when it is worth it.
fn begin<'s>(sender: &'s Sender, queue: &mut Queue, lanes: &mut [Lane<'s>]) {
    while let Some(free) = lanes.iter().position(Lane::is_free) {
        let alone = lanes.iter().all(Lane::is_free);
        if queue.is_empty() || !(alone || queue.len() >= WORTH_A_LANE) {
            return;
        }
        let batch = queue.take(|run| lanes.iter().any(|lane| lane.has(run)));
        if batch.is_empty() {
            return;
        }
        lanes[free].begin(sender, batch);
    }
}
