//! One run that goes forward: the engine's side of a body.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Engine;
use super::log::{Leave, Log};
use crate::environment::BoxFuture;
use crate::frame::{Conductor, Slot};
use crate::operation::saga::SagaDescriptor;
use crate::operation::{Intent, Settled, Unsettled};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::{FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::resume::Newest;
use crate::protocol::slots::SlotTable;

/// One run that goes forward.
pub(crate) struct Execution {
    pub(crate) engine: Arc<Engine>,
    pub(crate) saga: &'static SagaDescriptor,
    pub(crate) log: Log,
    pub(super) slots: Mutex<SlotTable>,
    /// The row at which the body is resumed.
    pub(super) resumed: Mutex<Option<Newest>>,
    /// The newest operation, where it failed.
    pub(super) last: Mutex<Option<LastFailure>>,
    exit: Mutex<Option<oneshot::Sender<Exit>>>,
}

/// The newest operation of a body, where it failed.
#[derive(Clone, Debug)]
pub(crate) struct LastFailure {
    pub(crate) hop: Hop,
    pub(crate) error: StoredError,
    /// Whether its `Err` went straight into `?`.
    pub(crate) tried: bool,
}

/// Why a body ends before its end.
#[derive(Debug)]
pub(crate) enum Exit {
    /// An operation ended without a value.
    Abandoned(Box<StoredFailure>),
    /// The run leaves this process.
    Leave(Leave),
}

impl Execution {
    pub(crate) fn new(
        saga: &'static SagaDescriptor,
        log: Log,
        slots: SlotTable,
        resumed: Option<Newest>,
    ) -> (Arc<Self>, oneshot::Receiver<Exit>) {
        let (exit, exited) = oneshot::channel();
        let execution = Self {
            engine: Arc::clone(&log.engine),
            saga,
            log,
            slots: Mutex::new(slots),
            resumed: Mutex::new(resumed),
            last: Mutex::new(None),
            exit: Mutex::new(Some(exit)),
        };
        (Arc::new(execution), exited)
    }

    /// Ends the body.
    pub(super) fn exit(&self, exit: Exit) {
        if let Some(sender) = lock(&self.exit).take() {
            let _ = sender.send(exit);
        }
    }

    /// Ends the body because the run leaves this process; never ends itself.
    pub(super) async fn leave<T>(&self, leave: Leave) -> T {
        self.exit(Exit::Leave(leave));
        std::future::pending().await
    }

    /// Where something happened.
    pub(crate) fn hop(&self, point: Option<(&Point, &str)>, attempt: u32) -> Hop {
        Hop {
            saga: self.saga.description.saga.to_owned(),
            run: self.log.run,
            point: point.map(|(point, _)| point.name.to_owned()),
            operation: point.map(|(_, operation)| operation.to_owned()),
            file: point.map_or(self.saga.file, |(point, _)| point.file).to_owned(),
            line: point.map_or(self.saga.line, |(point, _)| point.line),
            attempt,
            at: self.engine.env.now(),
        }
    }
}

/// A failure with nothing before it and nothing undone.
pub(crate) const fn failure(
    kind: FailureKind,
    error: StoredError,
    hops: Vec<Hop>,
    doubt: Option<Seq>,
) -> StoredFailure {
    StoredFailure {
        kind,
        error,
        cause: None,
        hops,
        doubt,
        preceded_by: Vec::new(),
        compensations: Vec::new(),
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
        Box::pin(self.begin(point, intent, live))
    }

    fn resume<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        operation: OperationMeta,
    ) -> BoxFuture<'a, Settled> {
        Box::pin(self.begin_again(point, operation))
    }

    fn abandon(&self, unsettled: Unsettled) {
        self.exit(Exit::Abandoned(Box::new(unsettled.failure)));
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
