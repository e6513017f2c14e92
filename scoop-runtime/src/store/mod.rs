//! Where runs are kept. One trait; every store passes the same conformance suite.

mod apply;
mod check;
#[doc(hidden)]
pub mod conformance;
mod filter;
mod hint;
pub mod memory;
mod open;
#[cfg(feature = "postgres")]
pub mod postgres;
mod rest;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod tx;

use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;

pub use self::filter::{Removal, RunFilter};
pub use self::hint::{Ear, Heard, Hint};
pub use self::memory::MemoryStore;
pub use self::open::{Opening, open};
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresStore;
pub use self::rest::{Rest, Rested};
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
use self::tx::{Database, StepPool, Transacted, Work};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;

/// What went wrong in a store.
#[derive(thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached, is busy or full: trying again later can help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store refuses this data: trying again cannot help.
    #[error("the store refuses the data: {0}")]
    Refused(String),
    /// The store cannot be used at all: not a database, no permission, a wrong path.
    #[error("{0}")]
    Unusable(String),
    /// Another live process uses the store (or the worker's name).
    #[error("{0}")]
    InUse(String),
    /// The schema was made by a newer program.
    #[error(
        "the store has schema version {found}, made by a newer program than this one, which knows versions up to {known}"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The worker was declared dead: it must write nothing more.
    #[error("worker `{0}` lost its lease: another process took over its name")]
    Fenced(WorkerName),
    /// What is stored makes no sense.
    #[error("the store holds a damaged row: {0}")]
    Damaged(String),
}

impl StoreError {
    fn other_pool(pool: &StepPool, store: &str) -> Self {
        Self::Unusable(format!(
            "`.pool(..)` leads to {}, and the store is `{store}:`",
            pool.database()
        ))
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// As `main` prints it: what it says.
impl Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which runs to take.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// Only runs of these sagas: those that this program can continue. All where it is `None`.
    pub sagas: Option<Vec<String>>,
    /// None of these.
    pub except: Vec<RunId>,
    /// At most so many: the most urgent first, and of those the ones that have been due for the longest time.
    pub limit: u32,
    /// What time it is: of the runs that nobody has, those that are to be woken later are left.
    pub now: Timestamp,
}

/// How the workers of a store that many processes share show that they live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// For how long a worker is believed to live after a heartbeat.
    pub length: Duration,
    /// The time between two heartbeats.
    pub heartbeat: Duration,
    /// The shortest time between two looks for runs that nobody has; a worker that finds none waits for
    /// longer.
    pub poll: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            length: Duration::from_secs(10),
            heartbeat: Duration::from_secs(2),
            poll: Duration::from_millis(250),
        }
    }
}

/// A place where runs are kept.
///
/// A store decides nothing: it writes what it is given, all of a commit or nothing of it.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// What the store is called in messages: `memory`, `sqlite`, `postgres`.
    fn name(&self) -> &'static str;

    /// How workers show that they live; nothing where one process has the store for itself.
    fn lease(&self) -> Option<Lease> {
        None
    }

    /// How many calls of [`commit`](Self::commit) at once the store gains from.
    fn lanes(&self) -> usize {
        1
    }

    /// How often to look for runs that others put into the store, at most; never where nobody else can.
    fn poll(&self) -> Option<Duration> {
        self.lease().map(|lease| lease.poll)
    }

    /// The database whose transactions steps can take part in.
    fn database(&self) -> Option<Database> {
        None
    }

    /// Uses the connections of this pool for [`transact`](Self::transact) instead of its own.
    ///
    /// # Errors
    /// When they lead to another kind of database.
    fn use_pool(&self, pool: StepPool) -> Result<(), StoreError> {
        Err(StoreError::other_pool(&pool, self.name()))
    }

    /// Does work in a transaction of its own, on a connection for steps. What it says is to be
    /// committed is, by the worker of this fence, together with all that the work wrote.
    ///
    /// Unlike [`commit`](Self::commit), a commit is not stored again: if its rows are there, the
    /// work is undone.
    ///
    /// # Errors
    /// With an error nothing took effect.
    async fn transact(&self, _: &Fence, _: &mut dyn Work) -> Result<Transacted, StoreError> {
        Err(StoreError::Unusable(format!(
            "steps cannot take part in transactions of the store `{}:`",
            self.name()
        )))
    }

    /// Begins a life of this worker: takes its name, counts its epoch up.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when the name belongs to a live process.
    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError>;

    /// Says that the worker lives, for as long as the lease is from now on.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it was declared dead.
    async fn heartbeat(&self, _: &Fence) -> Result<(), StoreError> {
        Ok(())
    }

    /// Ends a life of this worker.
    async fn detach(&self, fence: &Fence) -> Result<(), StoreError>;

    /// Writes commits of different runs in one transaction, in the order of their run ids. Answers
    /// in the order of `batch`.
    ///
    /// Rows that are there already (same run, `seq` and part) are left as they are. A created run
    /// is owned by the fence's worker where it says so, and `run.seq` becomes the greatest `seq` of its rows.
    ///
    /// One after which a run is active no more makes the run above due, where that
    /// [rests](Self::rest) until then.
    ///
    /// A commit that was stored before is stored again without any effect, whatever the run's
    /// status is by now: one all of whose rows are there and equal, or one that creates a run that
    /// is there and appends nothing.
    ///
    /// # Errors
    /// With an error nothing of the batch was written, or nobody knows; sending it again is safe.
    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError>;

    /// Takes active runs that no live worker owns (those of an earlier life of this worker among
    /// them) for this worker; the answer is in the order of their ids. A worker that is dead by then
    /// writes nothing any more. Runs that nobody owns are left where they are to be woken later;
    /// those of dead workers, which waited in their memory, are not. What is left of `wake_at` says
    /// that a run waited as nobody's, or has not begun: it is cleared where a run that has begun is
    /// taken from a dead worker.
    ///
    /// Those come first that have been due for the longest time, where a level of priority counts as an
    /// hour, and each death of a worker that had the run, but for the first, as one level less. Of a
    /// queue with a limit it takes no more than so many that live workers have and that are not absent.
    async fn claim(&self, fence: &Fence, claim: &Claim) -> Result<Vec<RunRow>, StoreError>;

    /// Gives up a run of this worker that waits for others, provided that all of those are active. From
    /// then on it may be claimed when it is due, or when one of them has ended, or is stuck: the
    /// [`commit`](Self::commit) that says so makes it due.
    ///
    /// # Errors
    /// With an error nobody knows whether it was given up; asking again is safe, and tells.
    async fn rest(&self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError>;

    /// Says how many runs of a queue may run at once; the last word counts. Of a queue of which nobody
    /// said anything, all may.
    async fn limit_queue(&self, queue: &str, most: u32) -> Result<(), StoreError>;

    /// Removes finished runs for good, those that ended first before others, with all that is stored of
    /// them and of the runs below. How many there were, not counting those below.
    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError>;

    /// The runs of this worker's life that run forward and are to be cancelled, each with the reason;
    /// in the order of their ids.
    async fn cancelled(&self, fence: &Fence) -> Result<Vec<(RunId, String)>, StoreError>;

    /// Asks a worker's life, that of another process, to give a run up. What was asked of lives that
    /// are over is forgotten.
    async fn ask_back(&self, _: RunId, _: &Fence, _: Option<&Stored>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Which runs this worker's life was asked to give up, and why; each is told once.
    async fn asked_back(&self, _: &Fence) -> Result<Vec<(RunId, Option<Stored>)>, StoreError> {
        Ok(Vec::new())
    }

    /// When the next active run is to be woken that nobody owns, of those after this moment.
    async fn next_due(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Tells all other processes of the store; whoever listens hears it, unless it gets lost.
    async fn announce(&self, _: &[Hint]) -> Result<(), StoreError> {
        Ok(())
    }

    /// Listens to what other processes say, until the connection for that is lost. False where nothing
    /// is to be heard.
    async fn hear(&self, _: Ear<'_>) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// A run.
    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError>;

    /// The run that was started under this key.
    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError>;

    /// Runs in the order of their ids.
    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError>;

    /// All rows (parts too) with these `seq`s, in the order of `seq` and part.
    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError>;

    /// The rows before `before` (all where it is `None`), newest first, at most `limit` of them;
    /// rows of one `seq` in the order of their parts.
    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError>;

    /// Ends all use of the store; calls after this fail.
    async fn close(&self);
}
