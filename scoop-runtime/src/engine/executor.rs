//! Drives one run forward: makes its body, polls it, and writes how it ended.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::ending::{PANIC, complete, fail, stick};
use super::execution::{Beginning, Begun, Execution, Exit};
use super::{Engine, Trouble, history, recovery, rollback};
use crate::codec::Stored;
use crate::frame::{Conductor, Frame, FrameMismatch, Position, unknown};
use crate::operation::saga::{BodyInput, SagaDescriptor};
use crate::protocol::failure::{FailureKind, StoredError, StoredFailure};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunStatus};
use crate::protocol::slots::SlotTable;

/// Drives a run that is not stored yet. `begun` hears of its first commit.
pub(super) async fn begin(
    engine: Arc<Engine>,
    saga: &'static SagaDescriptor,
    new: NewRun,
    begun: oneshot::Sender<Begun>,
) {
    let (id, depth, input) = (new.id, new.depth, new.input.clone());
    let (priority, created_at) = (new.priority, new.created_at);
    let (exit, exited) = oneshot::channel();
    let beginning = Beginning {
        depth,
        priority,
        created_at,
        was_dormant: false,
        seq: Seq::NONE,
        table: SlotTable::default(),
        create: Some(new),
        begun: Some(begun),
        pending: None,
        exit,
    };
    let execution = Arc::new(Execution::new(engine, id, saga, beginning));
    body(execution, input, None, exited).await;
}

/// Drives a stored run on, whichever way it goes.
pub(super) async fn go_on(engine: Arc<Engine>, run: RunRow) {
    let id = run.id;
    let result = match run.status {
        RunStatus::Running => forward(&engine, run).await,
        RunStatus::RollingBack => rollback::drive(&engine, id).await,
        _ => Ok(()),
    };
    if let Err(trouble) = result {
        park(&engine, id, trouble).await;
    }
}

/// Parks a run, and gives it back to the other workers, if there are any.
pub(super) async fn park(engine: &Engine, run: RunId, trouble: Trouble) {
    engine.park(run, trouble.reason());
    recovery::give_back(engine, run).await;
    // If that cannot be written, it hears of this one when it is due.
    drop(engine.wake_above(run).await);
}

async fn forward(engine: &Arc<Engine>, run: RunRow) -> Result<(), Trouble> {
    let parked = |reason| Trouble::Parked {
        run: run.id,
        reason,
    };
    let saga = engine.registry.saga(&run.saga).map_err(parked)?;
    let pending = history::pending(engine, run.id, run.seq).await?;
    let (table, position) = match &pending {
        None if run.seq != Seq::NONE => return Err(parked(history::missing(run.seq))),
        None => (SlotTable::default(), None),
        Some(pending) => {
            let name = &pending.row.point;
            let (table, slots) = history::slots(engine, run.id, &pending.row).await?;
            let position = saga.description.position(name, slots);
            (table, Some(position.ok_or_else(|| parked(unknown(name)))?))
        }
    };
    let (exit, exited) = oneshot::channel();
    let beginning = Beginning {
        depth: run.depth,
        priority: run.priority,
        created_at: run.created_at,
        was_dormant: run.wake_at.is_some(),
        seq: run.seq,
        table,
        create: None,
        begun: None,
        pending,
        exit,
    };
    let execution = Arc::new(Execution::new(Arc::clone(engine), run.id, saga, beginning));
    match run.cancel {
        Some(reason) => engine.news.cancel_as_stored(run.id, &reason),
        // What came after its row was read, and nobody looks for, is in the row by now.
        None if engine.store.poll().is_none() => execution.hear().await?,
        None => {}
    }
    if position.is_none() {
        let halt = match run.wake_at {
            Some(at) => execution.wait_until(at).await,
            None => execution.halted().await,
        };
        if let Some(halt) = halt {
            return fail(&execution, halt.failure(execution.hop(None, None, 0))).await;
        }
    }
    body(execution, run.input, position, exited).await;
    Ok(())
}

/// Makes the body, polls it to its end, and writes that.
async fn body(
    execution: Arc<Execution>,
    input: Stored,
    position: Option<Position>,
    exited: oneshot::Receiver<Exit>,
) {
    let conductor: Arc<dyn Conductor> = Arc::<Execution>::clone(&execution);
    let frame = Frame::new(conductor, execution.saga.description, position);
    let resources = execution.engine.resources.clone();
    let make = execution.saga.body;
    let body = Box::pin(async move {
        // Made when it is polled, so that a panic on the way is caught, too.
        let body = make(BodyInput {
            frame,
            input,
            resources,
        });
        match body {
            Ok(body) => Ok(body.await),
            Err(error) => Err(Exit::Park(error.to_string())),
        }
    });
    let doing = async {
        tokio::select! {
            biased;
            exit = exited => Err(exit.unwrap_or(Exit::Leave)),
            ended = polled(body) => {
                ended.map(|ended| ended.unwrap_or_else(|panic| Ok(Err(panicked(&*panic)))))
            }
        }
    };
    let (engine, run) = (Arc::clone(&execution.engine), execution.run);
    let ended = engine.unless_dormant(&execution.waits, || execution.terms(), doing);
    let ended = ended.await.unwrap_or(Err(Exit::Leave));
    let result = match ended {
        Ok(Ok(Ok(output))) => complete(&execution, output).await,
        Ok(Ok(Err(error))) => {
            let failure = execution.returned_error(error);
            fail(&execution, failure).await
        }
        Ok(Err(error)) => {
            let message = format!("the saga's result {error}");
            fail(
                &execution,
                body_failure(&execution, FailureKind::Unstorable, message),
            )
            .await
        }
        Err(Exit::Failed(failure)) => fail(&execution, *failure).await,
        Err(Exit::Stuck(stuck)) => stick(&execution, *stuck).await,
        Err(Exit::Park(reason)) => Err(Trouble::Parked { run, reason }),
        Err(Exit::Leave) => Ok(()),
    };
    if let Err(trouble) = result {
        // A run that was never stored is nothing to be parked.
        if let Some(reason) = execution.tell_not_begun(trouble.reason()) {
            park(&engine, run, Trouble::Parked { run, reason }).await;
        }
    }
}

fn body_failure(execution: &Execution, kind: FailureKind, message: String) -> StoredFailure {
    let hop = execution.hop(None, None, 0);
    StoredFailure {
        preceded_by: execution.earlier(),
        ..StoredFailure::new(kind, StoredError::of_engine(message), hop)
    }
}

/// Polls a body. A panic of the user's is for the caller; one of the frame's parks the run.
pub(super) async fn polled<T>(
    mut body: impl Future<Output = Result<T, Exit>> + Unpin,
) -> Result<Result<T, Panic>, Exit> {
    std::future::poll_fn(move |context| {
        let body = Pin::new(&mut body);
        match std::panic::catch_unwind(AssertUnwindSafe(|| body.poll(context))) {
            Ok(poll) => poll.map(|ended| ended.map(Ok)),
            Err(panic) => std::task::Poll::Ready(match panic.downcast::<FrameMismatch>() {
                Ok(mismatch) => Err(Exit::Park(mismatch.0)),
                Err(panic) => Ok(Err(panic)),
            }),
        }
    })
    .await
}

/// What a panic was thrown with.
type Panic = Box<dyn std::any::Any + Send>;

pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> StoredError {
    StoredError {
        type_name: PANIC.to_owned(),
        message: format!("panicked: {}", super::attempt::panic_message(panic)),
        sources: Vec::new(),
        value: None,
    }
}
