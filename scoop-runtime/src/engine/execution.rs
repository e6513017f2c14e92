//! The state of one run while its body is being driven: the other side of its frame.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::forward::First;
use super::history::{self, PendingRow};
use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::frame::{Conductor, Slot};
use crate::operation::saga::SagaDescriptor;
use crate::operation::{Intent, Settled, Sleep, Unsettled};
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::{Earlier, FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::promise::Promise;
use crate::protocol::run::{NewRun, RunRow, RunUpdate};
use crate::protocol::slots::SlotTable;
use crate::protocol::timestamp::Timestamp;

/// Why a body ends without returning.
#[expect(clippy::large_enum_variant, reason = "there is one for each run")]
#[derive(Debug)]
pub(crate) enum Exit {
    /// An operation ended without a value.
    Failed(StoredFailure),
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
    state: Mutex<State>,
}

struct State {
    seq: Seq,
    table: SlotTable,
    /// The run row, until it is stored.
    create: Option<NewRun>,
    begun: Option<oneshot::Sender<Begun>>,
    /// What became of the last operation, to be written with the next row.
    outcome: Option<StoredOutcome>,
    /// Whether the run row says when to wake.
    has_wake: bool,
    pending: Option<PendingRow>,
    /// The failures that the body went on from, with their positions.
    failures: Vec<(Seq, Earlier)>,
    exit: Option<oneshot::Sender<Exit>>,
    /// The row at which the body was resumed.
    resumed: Option<Seq>,
}

/// Where an execution begins.
pub(crate) struct Beginning {
    pub(crate) depth: u16,
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
            seq: beginning.seq,
            table: beginning.table,
            create: beginning.create,
            begun: beginning.begun,
            outcome: None,
            has_wake: beginning.pending.is_some(),
            pending: beginning.pending,
            failures: Vec::new(),
            exit: Some(beginning.exit),
            resumed: Some(beginning.seq).filter(|seq| *seq != Seq::NONE),
        };
        Self {
            engine,
            run,
            saga,
            depth: beginning.depth,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.environment.now()
    }

    /// Ends the body.
    pub(crate) fn leave(&self, exit: Exit) {
        if let Some(sender) = self.state().exit.take() {
            drop(sender.send(exit));
        }
    }

    /// The outcome of the operation that just ended.
    pub(crate) fn set_outcome(&self, outcome: StoredOutcome) {
        self.state().outcome = Some(outcome);
    }

    pub(crate) fn note_failure(&self, seq: Seq, failure: Earlier) {
        self.state().failures.push((seq, failure));
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

    /// Adds the failures that an earlier process went on from; they are read from its rows.
    pub(crate) async fn recall_failures(&self, failure: &mut StoredFailure) -> Result<(), Trouble> {
        let Some(resumed) = self.state().resumed else {
            return Ok(());
        };
        let rows = history::rows(&self.engine, self.run).await?;
        let mut earlier = Vec::new();
        for done in history::done(self.run, &rows)? {
            if let StoredOutcome::Failed(error) | StoredOutcome::Unknown(error) = done.outcome
                && done.seq < resumed
            {
                let hop = self.hop_at(&rows, done.seq, &done.operation);
                earlier.push(Earlier {
                    hop,
                    error,
                    below: None,
                });
            }
        }
        earlier.append(&mut failure.preceded_by);
        failure.preceded_by = earlier;
        Ok(())
    }

    fn hop_at(&self, rows: &[CheckpointRow], seq: Seq, operation: &str) -> Hop {
        let of_seq = || rows.iter().filter(|row| row.seq == seq);
        let attempts = of_seq().filter(|row| row.kind == RowKind::Attempt).count();
        let main = of_seq().find(|row| row.part.is_main());
        let description = self.saga.description;
        let name = main.map_or("", |row| row.point.as_str());
        let number = description.number_of(name);
        let point = number.and_then(|number| description.point(number));
        let attempt = u32::try_from(attempts + 1).unwrap_or(u32::MAX);
        let hop = self.hop(point, Some(operation), attempt);
        Hop {
            at: main.map_or(hop.at, |row| row.created_at),
            point: Some(name.to_owned()),
            ..hop
        }
    }

    /// Tells whoever started the run what became of that.
    pub(super) fn tell_begun(&self, what: Begun) {
        if let Some(begun) = self.state().begun.take() {
            drop(begun.send(what));
        }
    }

    /// The row of this position is in the store, and the locals that it saves.
    pub(super) fn is_stored(&self, seq: Seq, table: Option<SlotTable>) {
        let mut state = self.state();
        state.create = None;
        if seq > state.seq {
            state.seq = seq;
            state.outcome = None;
        }
        if let Some(table) = table {
            state.table = table;
        }
        drop(state);
        self.tell_begun(Ok(self.run));
    }

    /// The run, as long as it is not stored.
    pub(super) fn unstored(&self) -> Option<NewRun> {
        self.state().create.clone()
    }

    /// The body ends here.
    pub(super) async fn left(&self) -> Settled {
        self.leave(Exit::Leave);
        std::future::pending().await
    }

    /// Whether this is the run's first commit.
    pub(crate) fn is_unstored(&self) -> bool {
        self.state().create.is_some()
    }

    /// A row after the last one, with the outcome of the last operation. Nothing changes before it
    /// is committed with [`commit`](Self::commit).
    pub(crate) fn next_row(&self, kind: RowKind) -> CheckpointRow {
        let state = self.state();
        let outcome = state
            .outcome
            .as_ref()
            .and_then(|outcome| Stored::encode(outcome).ok());
        CheckpointRow {
            seq: state.seq.next(),
            part: Part::main(),
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

    /// Commits rows; with the run itself where it is not stored yet. `None` when the body ends
    /// here: the reason was given to the executor.
    pub(crate) async fn commit(
        &self,
        rows: Vec<CheckpointRow>,
        update: RunUpdate,
    ) -> Option<Result<(), String>> {
        let create = self.state().create.clone();
        let newest = rows.iter().map(|row| row.seq).max();
        let commit = Commit {
            run: self.run,
            create,
            update,
            rows,
        };
        match self.engine.writer.write(commit).await {
            Ok(Committed::Stored) => {
                self.is_stored(newest.unwrap_or(Seq::NONE), None);
                Some(Ok(()))
            }
            Ok(Committed::KeyTaken(other)) => {
                self.tell_begun(Err(NotBegun::Taken(other)));
                self.leave(Exit::Leave);
                None
            }
            Ok(Committed::Stale) | Err(WriteError::Stopped) => {
                self.leave(Exit::Leave);
                None
            }
            Err(WriteError::Refused(why)) => Some(Err(why)),
        }
    }

    pub(crate) fn hop(&self, point: Option<&Point>, operation: Option<&str>, attempt: u32) -> Hop {
        Hop {
            saga: self.saga.description.saga.to_owned(),
            run: self.run,
            point: point.map(|point| point.name.to_owned()),
            operation: operation.map(ToOwned::to_owned),
            file: point.map_or(self.saga.file, |point| point.file).to_owned(),
            line: point.map_or(self.saga.line, |point| point.line),
            attempt,
            at: self.now(),
        }
    }

    /// Takes the failures that the body went on from.
    pub(crate) fn earlier(&self) -> Vec<Earlier> {
        let failures = std::mem::take(&mut self.state().failures);
        failures.into_iter().map(|(_, earlier)| earlier).collect()
    }

    /// The failure of a body that returned `Err`: caused by the last operation, if that failed.
    pub(crate) fn returned_error(&self, error: StoredError) -> StoredFailure {
        let mut failures = std::mem::take(&mut self.state().failures);
        let newest = self.state().seq;
        let last = failures
            .pop_if(|(seq, _)| *seq == newest)
            .map(|(_, earlier)| earlier);
        let (hop, cause, below) = match last {
            Some(Earlier {
                hop,
                error: cause,
                below,
            }) => {
                let same = cause.type_name == error.type_name && cause.message == error.message;
                (hop, (!same).then_some(cause), below)
            }
            None => (self.hop(None, None, 0), None, None),
        };
        StoredFailure {
            cause,
            below,
            preceded_by: failures.into_iter().map(|(_, earlier)| earlier).collect(),
            ..StoredFailure::new(FailureKind::Error, error, hop)
        }
    }

    pub(super) fn unsettled(
        &self,
        kind: FailureKind,
        message: String,
        point: &Point,
        name: &str,
    ) -> Settled {
        let hop = self.hop(Some(point), Some(name), 0);
        let error = StoredError::of_engine(message);
        let failure = StoredFailure::new(kind, error.clone(), hop.clone());
        let newest = self.state().seq;
        let below = None;
        self.note_failure(newest, Earlier { hop, error, below });
        Settled::Unsettled(Box::new(Unsettled { failure }))
    }

    /// Refuses locals and arguments that cannot be stored, or are too large.
    fn check(
        &self,
        point: &'static Point,
        intent: &Intent,
        live: &Result<Vec<Slot>, String>,
    ) -> Result<(), Settled> {
        if let Intent::Saga { saga, .. } = intent
            && let Some(refused) = self.too_deep(point, saga)
        {
            return Err(refused);
        }
        let name = operation_name(intent);
        let unstorable =
            |message: String| Err(self.unsettled(FailureKind::Unstorable, message, point, name));
        let live = match live {
            Ok(live) => live,
            Err(why) => return unstorable(why.clone()),
        };
        let mut sizes: Vec<(String, usize)> = live
            .iter()
            .map(|slot| (format!("the local `{}`", slot.name), slot.json.len()))
            .collect();
        if let Intent::Step { arguments, .. }
        | Intent::Saga {
            input: arguments, ..
        } = intent
        {
            match arguments {
                Ok(arguments) => sizes.push(("the arguments".to_owned(), arguments.len())),
                Err(error) => return unstorable(format!("an argument of `{name}` {error}")),
            }
        }
        let total: usize = sizes.iter().map(|(_, size)| size).sum();
        let limit = self.engine.payload_limit;
        if total <= limit {
            return Ok(());
        }
        let (largest, bytes) = sizes
            .into_iter()
            .max_by_key(|(_, size)| *size)
            .unwrap_or_default();
        let message = format!(
            "{total} bytes would be stored at `{}`, more than the limit of {limit}; the largest \
             part is {largest} with {bytes}",
            point.name
        );
        Err(self.unsettled(FailureKind::TooLarge, message, point, name))
    }

    /// What an operation promises about being undone; for a saga, its run, which is new.
    fn promise(&self, intent: &Intent) -> Option<Promise> {
        match intent {
            Intent::Step { step, .. } => step.promise(),
            Intent::Saga { .. } => {
                let run = RunId::from_uuid(self.engine.environment.uuid());
                Some(Promise::Saga(run))
            }
            Intent::Sleep(_) => None,
        }
    }

    /// The row of an await point, with what it intends.
    fn await_row(
        &self,
        point: &'static Point,
        intent: &Intent,
        live: &[Slot],
    ) -> Result<(CheckpointRow, RunUpdate, SlotTable), String> {
        let mut row = self.next_row(RowKind::Await);
        point.name.clone_into(&mut row.point);
        row.operation = Some(operation_name(intent).to_owned());
        let mut update = RunUpdate::default();
        row.arguments = match intent {
            Intent::Step { arguments, .. }
            | Intent::Saga {
                input: arguments, ..
            } => arguments.as_ref().ok().cloned(),
            Intent::Sleep(duration) => {
                let until = row.created_at.after(*duration);
                update.wake_at = Some(Some(until));
                Stored::encode(&[until]).ok()
            }
        };
        let mut state = self.state();
        let had_wake = std::mem::replace(&mut state.has_wake, update.wake_at.is_some());
        if had_wake && update.wake_at.is_none() {
            update.wake_at = Some(None);
        }
        let slots = live.iter().map(|slot| (&slot.name, &slot.json));
        let mut table = state.table.clone();
        drop(state);
        let mut frame = table
            .store(row.seq, slots)
            .map_err(|error| error.to_string())?;
        frame.promise = self.promise(intent);
        row.frame = Some(Stored::encode(&frame).map_err(|error| error.to_string())?);
        Ok((row, update, table))
    }
}

fn operation_name(intent: &Intent) -> &'static str {
    match intent {
        Intent::Step { step, .. } => step.meta.name,
        Intent::Saga { saga, .. } => saga.description.saga,
        Intent::Sleep(_) => Sleep::NAME,
    }
}

impl Conductor for Execution {
    fn perform<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled> {
        Box::pin(async move {
            if let Err(refused) = self.check(point, &intent, &live) {
                return refused;
            }
            let name = operation_name(&intent);
            let written = match self.await_row(point, &intent, &live.unwrap_or_default()) {
                Ok((row, update, table)) => {
                    let pending = PendingRow::new(row.clone());
                    if let Intent::Step { step, .. } = intent
                        && step.transaction.is_some()
                    {
                        let first = Some(First { row, update, table });
                        return self.transactional(point, step, &pending, first).await;
                    }
                    match self.commit(vec![row], update).await {
                        None => std::future::pending().await,
                        Some(result) => result.map(|()| {
                            // What was refused is in no row that a later one could name.
                            self.state().table = table;
                            pending
                        }),
                    }
                }
                Err(why) => Err(why),
            };
            match written {
                Ok(pending) => self.operate(point, &pending, false).await,
                Err(why) => self.unsettled(FailureKind::Unstorable, why, point, name),
            }
        })
    }

    fn resume<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        operation: OperationMeta,
    ) -> BoxFuture<'a, Settled> {
        Box::pin(async move {
            let pending = self.state().pending.take();
            match pending {
                Some(pending) if pending.row.operation.as_deref() == Some(operation.name) => {
                    self.operate(point, &pending, true).await
                }
                other => {
                    let stored = other
                        .and_then(|pending| pending.row.operation)
                        .unwrap_or_default();
                    self.leave(Exit::Park(format!(
                        "at `{}` it waits for `{stored}`, and this build for `{}`",
                        point.name, operation.name
                    )));
                    std::future::pending().await
                }
            }
        })
    }

    fn abandon(&self, unsettled: Unsettled) {
        let mut failure = unsettled.failure;
        failure.preceded_by = self.earlier();
        // The newest is this one.
        failure.preceded_by.pop();
        self.leave(Exit::Failed(failure));
    }
}
