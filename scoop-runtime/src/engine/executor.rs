//! One run forward: from its beginning or its newest row to its end, or to where it turns.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::attempt::{Payload, caught, error, panic};
use super::execution::{Execution, Exit};
use super::history::rows;
use super::log::{Draft, Leave, Log, NotWritten, encode};
use super::work::Work;
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::frame::{Conductor, Frame, FrameMismatch, Position};
use crate::operation::saga::{BodyEnd, BodyInput};
use crate::protocol::checkpoint::{Direction, RowKind};
use crate::protocol::failure::{FailureKind, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::resume::Newest;
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::protocol::slots::{SlotTable, StoredFrame};

/// What became of a run that went forward.
pub(crate) enum Forward {
    Completed,
    /// It failed; the row that says so is written.
    Turned(Box<StoredFailure>, Seq),
}

/// Where a stored run goes on.
struct Stand {
    position: Position,
    table: SlotTable,
    newest: Newest,
}

/// Runs a body to its end.
pub(crate) async fn forward(work: &Work, log: Log) -> Result<Forward, Leave> {
    let stand = if work.seq == Seq::NONE { None } else { Some(stand(work).await?) };
    let (position, table, newest) = match stand {
        Some(stand) => (Some(stand.position), stand.table, Some(stand.newest)),
        None => (None, SlotTable::default(), None),
    };
    let (execution, exited) = Execution::new(work.saga, log, table, newest);
    let failure = match run_body(&execution, work, position, exited).await? {
        Ok(output) => match complete(&execution, output).await {
            Ok(()) => return Ok(Forward::Completed),
            Err(NotWritten::Leave(leave)) => return Err(leave),
            Err(NotWritten::Refused(why)) => {
                let error = error("refused", why);
                execution.body_failure(FailureKind::Unstorable, error).await?
            }
        },
        Err(failure) => failure,
    };
    let seq = turn(&execution, &failure).await?;
    Ok(Forward::Turned(Box::new(failure), seq))
}

/// Reads where a run stands.
async fn stand(work: &Work) -> Result<Stand, Leave> {
    let parked = |why: String| Leave::Parked(why);
    let all = rows(&work.engine, work.run, vec![work.seq]).await?;
    let newest = Newest::of(all).map_err(|error| parked(format!("a stored attempt {error}")))?;
    let newest = newest.ok_or_else(|| parked(format!("row {} is missing", work.seq)))?;
    let name = &newest.row.point;
    let description = work.saga.description;
    let point = description.number_of(name).ok_or_else(|| {
        parked(format!("`{}` has no await point `{name}` in this build", description.saga))
    })?;
    let decode = |stored: &Option<Stored>| match stored {
        Some(stored) => stored.decode::<StoredFrame>(),
        None => Ok(StoredFrame::default()),
    };
    let bad = |error| parked(format!("a stored frame {error}"));
    let frame = decode(&newest.row.frame).map_err(bad)?;
    let mut earlier = HashMap::new();
    if !frame.rows.is_empty() {
        for row in rows(&work.engine, work.run, frame.rows.clone()).await? {
            if row.part.is_main() {
                earlier.insert(row.seq, decode(&row.frame).map_err(bad)?);
            }
        }
    }
    let (slots, table) = SlotTable::rebuild(work.seq, &frame, &earlier)
        .map_err(|error| parked(error.to_string()))?;
    Ok(Stand { position: Position { point, slots }, table, newest })
}

/// Polls the body until it ends, or is ended.
async fn run_body(
    execution: &Arc<Execution>,
    work: &Work,
    position: Option<Position>,
    exited: oneshot::Receiver<Exit>,
) -> Result<Result<Stored, StoredFailure>, Leave> {
    let conductor: Arc<dyn Conductor> = Arc::<Execution>::clone(execution);
    let input = BodyInput {
        frame: Frame::new(conductor, work.saga.description, position),
        input: work.input.clone(),
        resources: work.engine.resources.clone(),
    };
    let make = work.saga.body;
    let body: BoxFuture<'static, _> = Box::pin(async move {
        match make(input) {
            Ok(body) => Ok(body.await),
            Err(error) => Err(Leave::Parked(error.to_string())),
        }
    });
    tokio::select! {
        biased;
        Ok(exit) = exited => match exit {
            Exit::Abandoned(failure) => execution.abandoned(*failure).await.map(Err),
            Exit::Leave(leave) => Err(leave),
        },
        end = caught(body) => match end {
            Ok(Ok(end)) => execution.ended(end).await,
            Ok(Err(leave)) => Err(leave),
            Err(payload) => execution.panicked(payload).await.map(Err),
        },
    }
}

impl Execution {
    async fn ended(&self, end: BodyEnd) -> Result<Result<Stored, StoredFailure>, Leave> {
        let (kind, error) = match end {
            Ok(Ok(output)) => return Ok(Ok(output)),
            Ok(Err(error)) => (FailureKind::Error, error),
            Err(codec) => {
                let message = format!("the output of the saga {codec}");
                (FailureKind::Unstorable, error("unstorable", message))
            }
        };
        self.body_failure(kind, error).await.map(Err)
    }

    async fn panicked(&self, payload: Payload) -> Result<StoredFailure, Leave> {
        match payload.downcast::<FrameMismatch>() {
            Ok(mismatch) => Err(Leave::Parked(mismatch.0)),
            Err(payload) => self.body_failure(FailureKind::Panic, panic(&*payload)).await,
        }
    }
}

async fn complete(execution: &Execution, output: Stored) -> Result<(), NotWritten> {
    let update = RunUpdate {
        expect: Some(RunStatus::Running),
        status: Some(RunStatus::Completed),
        output: Some(output),
        finished_at: Some(execution.engine.env.now()),
        ..RunUpdate::default()
    };
    let draft = Draft::new(Direction::Forward, RowKind::End);
    execution.log.append(draft, update).await.map(drop)
}

async fn turn(execution: &Execution, failure: &StoredFailure) -> Result<Seq, Leave> {
    let update = RunUpdate {
        expect: Some(RunStatus::Running),
        status: Some(RunStatus::RollingBack),
        failure: Some(encode(failure)?),
        ..RunUpdate::default()
    };
    let draft = Draft::new(Direction::Forward, RowKind::Turn);
    Ok(execution.log.append(draft, update).await?)
}
