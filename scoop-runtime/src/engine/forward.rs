//! Steps that take part in a transaction of the store, on the way forward.

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::attempt::{self, Attempt};
use super::execution::{Execution, NotBegun};
use super::history::{self, PendingRow};
use super::performer::{Tries, raw};
use super::transact::{Effect, Ended, Stop, transact};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::operation::Settled;
use crate::operation::step::{StepDescriptor, StepInput};
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredOutcome};
use crate::protocol::commit::Commit;
use crate::protocol::description::Point;
use crate::protocol::failure::FailureKind;
use crate::protocol::run::RunUpdate;
use crate::protocol::slots::SlotTable;
use crate::store::StoreError;
use crate::store::tx::Lent;

/// The checkpoint of an await, as long as it is not written.
pub(super) struct First {
    pub(super) row: CheckpointRow,
    pub(super) update: RunUpdate,
    pub(super) table: SlotTable,
}

/// One attempt at a step.
struct StepEffect<'a> {
    execution: &'a Execution,
    point: &'static Point,
    step: &'static StepDescriptor,
    row: &'a CheckpointRow,
    tries: &'a Tries,
    first: &'a Mutex<Option<First>>,
}

impl Execution {
    /// Does a step whose effect commits with its outcome, and with its checkpoint where that is not
    /// written yet. There is never a doubt: what is not committed did not happen.
    pub(super) async fn transactional(
        &self,
        point: &'static Point,
        step: &'static StepDescriptor,
        pending: &PendingRow,
        first: Option<First>,
    ) -> Settled {
        if let Some(own) = &pending.own {
            return self.reloaded(step, own).await;
        }
        let first = Mutex::new(first);
        let mut tries = Tries::after(pending.attempts.last(), true);
        if let Some(given_up) = self.pause_again(point, step, pending).await {
            return given_up;
        }
        loop {
            let effect = StepEffect {
                execution: self,
                point,
                step,
                row: &pending.row,
                tries: &tries,
                first: &first,
            };
            if self.engine.is_closing() {
                // What was before it is to be written.
                drop(effect.store_first().await);
                return self.left().await;
            }
            let ended = match transact(&self.engine, &effect).await {
                Ok(Ended::Over(attempt)) => {
                    effect.store_first().await.map(|()| Ended::Over(attempt))
                }
                other => other,
            };
            let attempt = match ended {
                Ok(Ended::Committed(Attempt::Done { value, .. })) => {
                    effect.is_stored().await;
                    return Settled::Value(value);
                }
                Ok(Ended::Found(own)) => {
                    effect.is_stored().await;
                    return self.reloaded(step, &own).await;
                }
                Ok(Ended::Committed(attempt) | Ended::Over(attempt)) => attempt,
                Err(Stop::Left) => return self.left().await,
                Err(Stop::Park(why)) => return self.park(why).await,
                Err(Stop::Refused(why)) => {
                    let kind = FailureKind::Unstorable;
                    return self.unsettled(kind, why, point, step.meta.name);
                }
            };
            if let Some(settled) = self.judge(point, step, pending, &mut tries, attempt).await {
                return settled;
            }
        }
    }

    /// The value of a step that was committed before.
    async fn reloaded(&self, step: &StepDescriptor, own: &Stored) -> Settled {
        let reload = step
            .transaction
            .as_ref()
            .map(|transaction| transaction.reload);
        match reload.map(|reload| reload(own)) {
            Some(Ok(value)) => Settled::Value(value),
            Some(Err(error)) => {
                let name = step.meta.name;
                self.park(format!("what `{name}` returned {error}")).await
            }
            None => self.park(history::no_transaction(step.meta.name)).await,
        }
    }
}

impl StepEffect<'_> {
    /// The checkpoint was committed with the step.
    async fn is_stored(&self) {
        let first = self.first.lock().await.take();
        let table = first.map(|first| first.table);
        let rows = std::slice::from_ref(self.row);
        self.execution.are_stored(rows, table);
    }

    /// Whose the run's key is, where the run could not be made.
    async fn taken(&self) -> Result<(), StoreError> {
        let engine = &self.execution.engine;
        let Some(new) = self.execution.unstored() else {
            return Ok(());
        };
        let key = new.key.as_deref().unwrap_or_default();
        let other = engine.read(|| engine.store.run_by_key(&new.saga, key));
        if let Some(other) = other.await?.filter(|other| other.id != new.id) {
            self.execution
                .tell_begun(Err(NotBegun::Taken(Box::new(other))));
        }
        Ok(())
    }
}

#[async_trait]
impl Effect for StepEffect<'_> {
    fn name(&self) -> &str {
        self.step.meta.name
    }

    fn run<'a>(&'a self, lent: &'a mut Lent<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            let Some(arguments) = self.row.arguments.clone() else {
                return Attempt::Impossible(history::no_arguments(self.name()));
            };
            let engine = &self.execution.engine;
            let input = StepInput {
                arguments,
                resources: engine.resources.clone(),
                transaction: Some(lent),
            };
            let context = self.execution.context(self.point, self.row, self.tries);
            let attempt = attempt::run(engine, self.step, input, context);
            self.execution.unless_halted(self.step, attempt).await
        })
    }

    async fn store_first(&self) -> Result<(), Stop> {
        let mut first = self.first.lock().await;
        let Some(one) = &*first else { return Ok(()) };
        let (row, update) = (one.row.clone(), one.update.clone());
        match self.execution.commit(vec![row], update).await {
            None => Err(Stop::Left),
            Some(Err(why)) => Err(Stop::Refused(why)),
            Some(Ok(())) => {
                let table = first.take().map(|first| first.table);
                let rows = std::slice::from_ref(self.row);
                self.execution.are_stored(rows, table);
                Ok(())
            }
        }
    }

    async fn commit(&self, done: &Stored) -> Result<Commit, Stop> {
        let first = self.first.lock().await;
        let (row, update) = match &*first {
            Some(first) => (Some(first.row.clone()), first.update.clone()),
            None => (None, RunUpdate::default()),
        };
        let own = outcome_row(self.row, done, self.execution.now())?;
        Ok(Commit {
            run: self.execution.run,
            create: self.execution.unstored(),
            update,
            rows: row.into_iter().chain([own]).collect(),
        })
    }

    async fn found(&self) -> Result<Option<Stored>, Stop> {
        let (engine, run) = (&self.execution.engine, self.execution.run);
        let found = history::own_outcome(engine, run, self.row).await?;
        if found.is_none() {
            let taken = self.taken().await;
            taken.map_err(|error| Stop::Park(error.to_string()))?;
        }
        Ok(found)
    }
}

/// The row that says that the operation of this row was done, and what it returned.
pub(super) fn outcome_row(
    row: &CheckpointRow,
    done: &Stored,
    now: crate::protocol::timestamp::Timestamp,
) -> Result<CheckpointRow, Stop> {
    let outcome = Stored::encode(&StoredOutcome::Done(raw(done)));
    Ok(CheckpointRow {
        part: row.part.outcome(),
        kind: RowKind::Outcome,
        frame: None,
        arguments: None,
        outcome: Some(outcome.map_err(|error| Stop::Refused(error.to_string()))?),
        created_at: now,
        ..row.clone()
    })
}
