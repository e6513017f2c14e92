//! The rows of one run, in order: every write of a run goes through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::writer::WriteError;
use super::Engine;
use crate::codec::Stored;
use crate::protocol::checkpoint::{
    CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome,
};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};

/// The rows of one run, and what is not written yet.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) engine: Arc<Engine>,
    pub(crate) run: RunId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    seq: Seq,
    outcome: Option<StoredOutcome>,
    create: Option<Box<NewRun>>,
    started: Option<oneshot::Sender<()>>,
    waking: bool,
}

/// What a row says beyond its place.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) direction: Direction,
    pub(crate) kind: RowKind,
    pub(crate) point: String,
    pub(crate) operation: Option<String>,
    pub(crate) arguments: Option<Stored>,
    pub(crate) frame: Option<Stored>,
}

/// Why a run leaves this process.
#[derive(Debug)]
pub(crate) enum Leave {
    /// This build cannot continue it.
    Parked(String),
    /// Its key belongs to another run; nothing was written.
    Taken(Box<RunRow>),
    /// Somebody else changed it.
    Lost,
    /// This worker may write nothing more, or was shut down.
    Closed(String),
}

/// Why a row was not written.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// The store refuses this data.
    Refused(String),
    /// The run cannot go on here.
    Leave(Leave),
}

impl Draft {
    pub(crate) const fn new(direction: Direction, kind: RowKind) -> Self {
        Self {
            direction,
            kind,
            point: String::new(),
            operation: None,
            arguments: None,
            frame: None,
        }
    }
}

impl Log {
    /// The log of a run whose newest row is `seq`; `create` where it is not stored yet.
    pub(crate) fn new(
        engine: Arc<Engine>,
        run: RunId,
        seq: Seq,
        create: Option<(NewRun, oneshot::Sender<()>)>,
    ) -> Self {
        let (create, started) = create.map(|(new, started)| (Box::new(new), started)).unzip();
        // A stored run may have a moment to wake at: the first commit clears it.
        let waking = create.is_none();
        let state = Mutex::new(State { seq, outcome: None, create, started, waking });
        Self { engine, run, state }
    }

    /// The newest row.
    pub(crate) fn seq(&self) -> Seq {
        self.state().seq
    }

    /// What became of the newest operation, to be written with the next row.
    pub(crate) fn set_outcome(&self, outcome: StoredOutcome) {
        self.state().outcome = Some(outcome);
    }

    /// What is not written yet of the newest operation.
    pub(crate) fn outcome(&self) -> Option<StoredOutcome> {
        self.state().outcome.clone()
    }

    /// Writes the next row, with the outcome of the operation before it.
    pub(crate) async fn append(&self, draft: Draft, update: RunUpdate) -> Result<Seq, NotWritten> {
        let commit = self.next_commit(draft, update)?;
        let seq = commit.rows[0].seq;
        let waking = matches!(commit.update.wake_at, Some(Some(_)));
        self.send(commit).await?;
        let mut state = self.state();
        (state.seq, state.outcome, state.create, state.waking) = (seq, None, None, waking);
        if let Some(started) = state.started.take() {
            let _ = started.send(());
        }
        Ok(seq)
    }

    /// Writes a failed attempt at the newest operation.
    pub(crate) async fn attempt(
        &self,
        draft: Draft,
        status: RunStatus,
        attempt: &StoredAttempt,
    ) -> Result<(), NotWritten> {
        let part = Part::main().attempt(attempt.attempt);
        let row = self.row(draft, self.seq(), part, Some(encode(attempt)?));
        let update = RunUpdate {
            expect: Some(status),
            wake_at: Some(Some(attempt.next_at)),
            ..RunUpdate::default()
        };
        self.send(Commit { run: self.run, create: None, update, rows: vec![row] }).await?;
        self.state().waking = true;
        Ok(())
    }

    fn next_commit(&self, draft: Draft, mut update: RunUpdate) -> Result<Commit, NotWritten> {
        let (seq, outcome, create, waking) = {
            let state = self.state();
            (state.seq.next(), state.outcome.clone(), state.create.clone(), state.waking)
        };
        if create.is_some() {
            update.expect = None;
        } else if waking && update.wake_at.is_none() {
            update.wake_at = Some(None);
        }
        let outcome = outcome.as_ref().map(encode).transpose()?;
        if let Some(outcome) = &outcome
            && outcome.len() > self.engine.limits.payload
        {
            let bytes = outcome.len();
            tracing::warn!(run = %self.run, bytes, "an outcome is larger than the limit");
        }
        let row = self.row(draft, seq, Part::main(), outcome);
        Ok(Commit { run: self.run, create: create.map(|new| *new), update, rows: vec![row] })
    }

    fn row(&self, draft: Draft, seq: Seq, part: Part, outcome: Option<Stored>) -> CheckpointRow {
        CheckpointRow {
            seq,
            part,
            direction: draft.direction,
            kind: draft.kind,
            point: draft.point,
            operation: draft.operation,
            arguments: draft.arguments,
            frame: draft.frame,
            outcome,
            created_at: self.engine.env.now(),
        }
    }

    async fn send(&self, commit: Commit) -> Result<(), NotWritten> {
        let leave = match self.engine.writer.commit(commit).await {
            Ok(Committed::Stored) => return Ok(()),
            Ok(Committed::KeyTaken(row)) => Leave::Taken(row),
            Ok(Committed::Stale) => Leave::Lost,
            Err(WriteError::Refused(why)) => return Err(NotWritten::Refused(why)),
            Err(WriteError::Fenced(why)) => Leave::Closed(why),
            Err(WriteError::Closed) => Leave::Closed("the runtime was shut down".to_owned()),
        };
        Err(NotWritten::Leave(leave))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<NotWritten> for Leave {
    /// Where there is nothing else to try, a run whose data the store refuses is parked.
    fn from(not_written: NotWritten) -> Self {
        match not_written {
            NotWritten::Refused(why) => Self::Parked(why),
            NotWritten::Leave(leave) => leave,
        }
    }
}

pub(crate) fn encode<T: serde::Serialize>(value: &T) -> Result<Stored, NotWritten> {
    Stored::encode(value).map_err(|error| NotWritten::Refused(error.to_string()))
}
