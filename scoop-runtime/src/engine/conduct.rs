//! What a frame asks of a run under way: to do what it awaits, to go on with that, and to end.

use std::sync::Arc;

use super::branch;
use super::execution::{Execution, Exit};
use super::forward::First;
use super::history::PendingRow;
use super::intend::operation_name;
use crate::environment::BoxFuture;
use crate::frame::{Conductor, KnownBlock, Slot};
use crate::operation::{Intent, Settled, Unsettled};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::{Earlier, FailureKind};
use crate::resource::Resources;

impl Conductor for Execution {
    fn perform<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled> {
        Box::pin(async move {
            if let Some(halt) = self.halted().await {
                return self.stop_at(point, operation_name(&intent), &halt).await;
            }
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
                            self.line(|line| line.table = table);
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
            let pending = self.line(|line| line.pending.take());
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

    fn know(&self, block: KnownBlock) {
        let prefix = Arc::clone(&block.prefix);
        self.state().blocks.insert(prefix, block);
    }

    fn abandon(&self, unsettled: Unsettled) {
        let mut failure = unsettled.failure;
        if branch::is_one_of_several() {
            // What preceded it is told by the run.
            return self.leave(Exit::Failed(failure.into()));
        }
        failure.preceded_by = self.earlier();
        let this = |earlier: &Earlier| Some(&earlier.hop) == failure.hop.as_ref();
        if let Some(this) = failure.preceded_by.iter().rposition(this) {
            failure.preceded_by.remove(this);
        }
        self.leave(Exit::Failed(failure.into()));
    }

    fn refuse(&self, kind: FailureKind, why: String, point: &'static Point, operation: &str) {
        self.cannot_begin(kind, why, point, operation);
    }

    fn resources(&self) -> Resources {
        self.engine.resources.clone()
    }
}
