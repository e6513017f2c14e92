//! One of several operations that are awaited at once, while it is under way: what it says of its run it
//! says for itself alone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};

use super::execution::Exit;
use super::halt::Halt;
use super::line::Line;
use crate::environment::BoxFuture;
use crate::protocol::branch::Others;
use crate::protocol::checkpoint::StoredOutcome;
use crate::protocol::failure::StoredFailure;
use crate::protocol::id::{Part, Seq};

tokio::task_local! {
    static BRANCH: Arc<Branch>;
}

/// The branch that is being polled; none where the operation is the only one.
pub(super) fn current() -> Option<Arc<Branch>> {
    BRANCH.try_with(Arc::clone).ok()
}

/// Whether an operation beside others is being polled.
pub(super) fn is_one_of_several() -> bool {
    BRANCH.try_with(|_| ()).is_ok()
}

/// One of several operations.
pub(super) struct Branch {
    siblings: Arc<Siblings>,
    outcome: Mutex<Option<StoredOutcome>>,
    has_left: AtomicBool,
    /// Whether it goes on, though those beside it would have it end.
    goes_on: AtomicBool,
    block: Option<Block>,
}

/// What is more where the operation is an `async` block.
struct Block {
    line: Mutex<Line>,
    /// Ends the block without a value.
    failing: Mutex<Option<oneshot::Sender<Box<StoredFailure>>>>,
}

/// What the operations that are awaited at once know of each other.
pub(super) struct Siblings {
    /// What becomes of those that are left when one ends.
    others: Others,
    /// Those above, where all of these are one of several themselves.
    above: Option<Arc<Branch>>,
    /// How many of them have ended.
    ended: AtomicUsize,
    /// Whether those that wait have to end.
    stopped: watch::Sender<bool>,
    /// How many of them end here without an end of their own.
    left: watch::Sender<usize>,
    /// Why.
    exit: Mutex<Option<Exit>>,
}

impl Branch {
    pub(super) fn new(siblings: &Arc<Siblings>) -> Arc<Self> {
        Arc::new(Self {
            siblings: Arc::clone(siblings),
            outcome: Mutex::default(),
            has_left: AtomicBool::new(false),
            goes_on: AtomicBool::new(false),
            block: None,
        })
    }

    /// An operation that is a block. `failing` ends it without a value.
    pub(super) fn of_block(
        siblings: &Arc<Siblings>,
        line: Line,
        failing: oneshot::Sender<Box<StoredFailure>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            siblings: Arc::clone(siblings),
            outcome: Mutex::default(),
            has_left: AtomicBool::new(false),
            goes_on: AtomicBool::new(false),
            block: Some(Block {
                line: Mutex::new(line),
                failing: Mutex::new(Some(failing)),
            }),
        })
    }

    /// The rows of the block that it is.
    pub(super) fn line(&self) -> Option<MutexGuard<'_, Line>> {
        self.block.as_ref().map(|block| lock(&block.line))
    }

    /// Polls what this branch does.
    pub(super) async fn scope<F: Future>(self: Arc<Self>, branch: F) -> F::Output {
        BRANCH.scope(self, branch).await
    }

    pub(super) fn set_outcome(&self, outcome: StoredOutcome) {
        match self.line() {
            Some(mut line) => line.outcome = Some(outcome),
            None => *lock(&self.outcome) = Some(outcome),
        }
    }

    pub(super) fn take_outcome(&self) -> Option<StoredOutcome> {
        lock(&self.outcome).take()
    }

    /// It ends here; the body does when all of its siblings have come to an end. A block that fails is
    /// over like any other operation.
    pub(super) fn leave(&self, exit: Exit) {
        let exit = match (exit, &self.block) {
            (Exit::Failed(failure), Some(block)) => {
                if let Some(failing) = lock(&block.failing).take() {
                    drop(failing.send(failure));
                }
                return;
            }
            (exit, _) => exit,
        };
        if !self.has_left.swap(true, Ordering::Relaxed) {
            lock(&self.siblings.exit).get_or_insert(exit);
            self.siblings.left.send_modify(|left| *left += 1);
        }
    }

    /// Why it has to end because of those beside it, if it does; not because of those beside one above.
    pub(super) fn halt(&self) -> Option<Halt> {
        let stopped = *self.siblings.stopped.borrow() && !self.has_to_go_on();
        stopped.then(|| Halt::beside(self.siblings.others))
    }

    /// From now on it goes on, though those beside it would have it end: it is past its pivot.
    pub(super) fn goes_on(&self) {
        self.goes_on.store(true, Ordering::Relaxed);
    }

    fn has_to_go_on(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
    }

    /// The one that it is a part of.
    pub(super) fn above(&self) -> Option<&Arc<Self>> {
        self.siblings.above.as_ref()
    }

    /// Where the rows of the block begin that it is, if it is one that can lose to another.
    pub(super) fn racing_block(&self) -> Option<(Seq, Part)> {
        let line = self.line()?;
        let block = line.block()?;
        self.siblings
            .others
            .may_lose()
            .then(|| (line.seq, block.clone()))
    }

    /// Ends when it has to end.
    pub(super) fn stopped(&self) -> BoxFuture<'_, ()> {
        let mut stop = self.siblings.stopped.subscribe();
        Box::pin(async move {
            let above = async {
                match &self.siblings.above {
                    Some(above) => above.stopped().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped), if !self.has_to_go_on() => {}
                () = above => {}
            }
        })
    }
}

impl Siblings {
    /// Those of the operation that is being polled.
    pub(super) fn new(others: Others) -> Arc<Self> {
        Arc::new(Self {
            others,
            above: current(),
            ended: AtomicUsize::new(0),
            stopped: watch::Sender::new(false),
            left: watch::Sender::new(0),
            exit: Mutex::default(),
        })
    }

    /// As which of them one ends now.
    pub(super) fn next_end(&self) -> usize {
        self.ended.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Ends when so many of them end here, with why the first does.
    pub(super) async fn left(&self, count: usize) -> Exit {
        drop(self.left.subscribe().wait_for(|left| *left >= count).await);
        lock(&self.exit).take().unwrap_or(Exit::Leave)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
