//! The state of one run while its body is being driven: the other side of its frame.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::history::PendingRow;
use super::line::Line;
use super::waits::Waits;
use super::writer::WriteError;
use super::{Engine, branch};
use crate::codec::Stored;
use crate::frame::KnownBlock;
use crate::operation::saga::SagaDescriptor;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{Earlier, StoredFailure};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunUpdate};
use crate::protocol::slots::SlotTable;
use crate::protocol::timestamp::Timestamp;

/// Why a body ends without returning.
#[derive(Debug)]
pub(crate) enum Exit {
    /// An operation ended without a value.
    Failed(Box<StoredFailure>),
    /// A block lost a race and cannot be undone: what the run is stuck with.
    Stuck(Box<StoredFailure>),
    /// This build cannot continue the run.
    Park(String),
    /// The run is somebody else's, or the worker may write nothing more.
    Leave,
}

/// What the first commit of a new run came to.
pub(crate) type Begun = Result<RunId, NotBegun>;

/// Why a new run was not stored.
#[derive(Debug)]
pub(crate) enum NotBegun {
    /// Another run has its key.
    Taken(Box<RunRow>),
    /// It cannot begin, or cannot be stored.
    Refused(String),
}

/// One run under way.
pub(crate) struct Execution {
    pub(crate) engine: Arc<Engine>,
    pub(crate) run: RunId,
    pub(crate) saga: &'static SagaDescriptor,
    /// How many runs are above it.
    pub(crate) depth: u16,
    /// How urgent it is, and the runs that it awaits.
    pub(crate) priority: i8,
    pub(super) created_at: Timestamp,
    /// Whether it waited in the store, as nobody's run, before it was taken up.
    pub(super) was_dormant: bool,
    /// What it waits for.
    pub(super) waits: Waits,
    state: Mutex<State>,
}

pub(super) struct State {
    /// The rows of the run itself.
    line: Line,
    /// The `async` blocks that can be entered, by what the names of their points begin with.
    pub(super) blocks: HashMap<Arc<str>, KnownBlock>,
    /// The run row, until it is stored.
    create: Option<NewRun>,
    begun: Option<oneshot::Sender<Begun>>,
    /// Whether the run row says when to wake.
    pub(super) has_wake: bool,
    /// Whether the run was given up with the newest row, to wait in the store.
    pub(super) released: bool,
    /// The failures that the body went on from, with their positions.
    pub(super) failures: Vec<(Seq, Earlier)>,
    exit: Option<oneshot::Sender<Exit>>,
    /// The row at which the body was resumed.
    pub(super) resumed: Option<Seq>,
    /// Whether it is known that there is no way back.
    pub(super) past_pivot: bool,
    /// Whether it gave its place in a queue to others.
    pub(super) absent: bool,
}

/// Where an execution begins.
pub(crate) struct Beginning {
    pub(crate) depth: u16,
    pub(crate) priority: i8,
    pub(crate) created_at: Timestamp,
    pub(crate) was_dormant: bool,
    pub(crate) seq: Seq,
    pub(crate) table: SlotTable,
    pub(crate) create: Option<NewRun>,
    pub(crate) begun: Option<oneshot::Sender<Begun>>,
    pub(crate) pending: Option<PendingRow>,
    pub(crate) exit: oneshot::Sender<Exit>,
}

impl Execution {
    pub(crate) fn new(
        engine: Arc<Engine>,
        run: RunId,
        saga: &'static SagaDescriptor,
        beginning: Beginning,
    ) -> Self {
        let state = State {
            blocks: HashMap::new(),
            create: beginning.create,
            begun: beginning.begun,
            has_wake: beginning.pending.is_some(),
            line: Line::of_run(beginning.seq, beginning.table, beginning.pending),
            released: false,
            failures: Vec::new(),
            exit: Some(beginning.exit),
            resumed: Some(beginning.seq).filter(|seq| *seq != Seq::NONE),
            past_pivot: false,
            absent: false,
        };
        Self {
            engine,
            run,
            saga,
            depth: beginning.depth,
            priority: beginning.priority,
            created_at: beginning.created_at,
            was_dormant: beginning.was_dormant,
            waits: Waits::of(run),
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.environment.now()
    }

    /// The rows of the run, or of the block in it that is being polled.
    pub(super) fn line<R>(&self, look: impl FnOnce(&mut Line) -> R) -> R {
        let branch = branch::current();
        match branch.as_ref().and_then(|branch| branch.line()) {
            Some(mut line) => look(&mut line),
            None => look(&mut self.state().line),
        }
    }

    /// The position of the newest row.
    pub(super) fn newest(&self) -> Seq {
        self.state().line.seq
    }

    /// The block whose points have names that begin like this.
    pub(super) fn known_block(&self, prefix: &str) -> Option<KnownBlock> {
        self.state().blocks.get(prefix).cloned()
    }

    /// Whether the outcome of the last operation is not written yet.
    pub(super) fn has_outcome(&self) -> bool {
        self.line(|line| line.outcome.is_some())
    }

    /// Ends the body; one of several operations, when the others have ended, or do, too.
    pub(crate) fn leave(&self, exit: Exit) {
        if let Some(branch) = branch::current() {
            return branch.leave(exit);
        }
        if let Some(sender) = self.state().exit.take() {
            drop(sender.send(exit));
        }
    }

    /// The outcome of the operation that just ended.
    pub(crate) fn set_outcome(&self, outcome: StoredOutcome) {
        match branch::current() {
            Some(branch) => branch.set_outcome(outcome),
            None => self.state().line.outcome = Some(outcome),
        }
    }

    /// Tells whoever started a run that is not stored why it never will be; gives the reason back
    /// where nobody waits for that.
    pub(crate) fn tell_not_begun(&self, reason: String) -> Option<String> {
        match self.state().begun.take() {
            None => Some(reason),
            Some(begun) => {
                drop(begun.send(Err(NotBegun::Refused(reason))));
                None
            }
        }
    }

    /// Tells whoever started the run what became of that.
    pub(super) fn tell_begun(&self, what: Begun) {
        if let Some(begun) = self.state().begun.take() {
            drop(begun.send(what));
        }
    }

    /// These rows are in the store, and the locals that the newest saves.
    pub(super) fn are_stored(&self, rows: &[CheckpointRow], table: Option<SlotTable>) {
        self.state().create = None;
        self.line(|line| {
            line.are_stored(rows);
            if let Some(table) = table {
                line.table = table;
            }
        });
        self.tell_begun(Ok(self.run));
    }

    /// The run, as long as it is not stored.
    pub(super) fn unstored(&self) -> Option<NewRun> {
        self.state().create.clone()
    }

    /// Whether this is the run's first commit.
    pub(crate) fn is_unstored(&self) -> bool {
        self.state().create.is_some()
    }

    /// A row after the last one, with the outcome of the last operation. Nothing changes before it
    /// is committed with [`commit`](Self::commit).
    pub(crate) fn next_row(&self, kind: RowKind) -> CheckpointRow {
        let ((seq, part), outcome) = self.line(|line| {
            let outcome = line.outcome.as_ref();
            let outcome = outcome.and_then(|outcome| Stored::encode(outcome).ok());
            (line.next(), outcome)
        });
        CheckpointRow {
            seq,
            part,
            direction: Direction::Forward,
            kind,
            point: String::new(),
            operation: None,
            arguments: None,
            frame: None,
            outcome,
            created_at: self.now(),
        }
    }

    /// Commits rows; with the run itself where it is not stored yet. A run that is to be cancelled is
    /// not given up, so that it hears of that. `None` when the body ends here: the reason was given
    /// to the executor.
    pub(crate) async fn commit(
        &self,
        rows: Vec<CheckpointRow>,
        mut update: RunUpdate,
    ) -> Option<Result<(), String>> {
        if update.released && !self.state().past_pivot && !self.is_unstored() {
            let unless = RunUpdate {
                unless_cancelled: true,
                ..update.clone()
            };
            match self.commit_if(rows.clone(), unless).await? {
                Ok(true) => return Some(Ok(())),
                Ok(false) => {
                    if let Err(trouble) = self.hear().await {
                        return Some(Err(trouble.reason()));
                    }
                }
                Err(why) => return Some(Err(why)),
            }
            update.released = false;
        }
        match self.commit_if(rows, update).await? {
            Ok(true) => Some(Ok(())),
            Ok(false) => {
                self.leave(Exit::Leave);
                None
            }
            Err(why) => Some(Err(why)),
        }
    }

    /// The same; false where the run does not stand as `update` expects.
    pub(super) async fn commit_if(
        &self,
        rows: Vec<CheckpointRow>,
        update: RunUpdate,
    ) -> Option<Result<bool, String>> {
        let create = self.state().create.clone();
        let stored = rows.clone();
        let released = update.released;
        let commit = Commit {
            run: self.run,
            create,
            update,
            rows,
        };
        match self.engine.writer.write(commit).await {
            Ok(Committed::Stored | Committed::StoredAndWoke) => {
                self.state().released = released;
                self.are_stored(&stored, None);
                Some(Ok(true))
            }
            Ok(Committed::KeyTaken(other)) => {
                self.tell_begun(Err(NotBegun::Taken(other)));
                self.leave(Exit::Leave);
                None
            }
            Ok(Committed::Stale) => Some(Ok(false)),
            Err(WriteError::Stopped) => {
                self.leave(Exit::Leave);
                None
            }
            Err(WriteError::Refused(why)) => Some(Err(why)),
        }
    }
}
