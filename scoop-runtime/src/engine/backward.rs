//! Rollbacks that take part in a transaction of the store: done exactly once.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::Engine;
use super::attempt::{Attempt, guarded};
use super::forward::outcome_row;
use super::history;
use super::performer::null;
use super::transact::{Effect, Stop};
use super::writer::WriteError;
use crate::codec::Stored;
use crate::context::Context;
use crate::environment::BoxFuture;
use crate::operation::step::{UndoDescriptor, UndoEnd, UndoInput};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{FailureKind, StoredError, StoredFailure};
use crate::protocol::id::RunId;
use crate::protocol::run::RunUpdate;
use crate::store::tx::Lent;

/// One attempt at a compensation.
pub(super) struct UndoEffect<'a> {
    pub(super) engine: &'a Engine,
    pub(super) run: RunId,
    pub(super) undo: &'static UndoDescriptor,
    pub(super) context: Context,
    /// The step's stored arguments.
    pub(super) arguments: Stored,
    /// What the step returned, where that is known.
    pub(super) output: Option<Stored>,
    pub(super) row: &'a CheckpointRow,
    /// Whether the row is in the store.
    pub(super) is_stored: Mutex<bool>,
    /// Why it is undone.
    pub(super) failure: Arc<StoredFailure>,
}

impl UndoEffect<'_> {
    fn commit_of(&self, rows: Vec<CheckpointRow>) -> Commit {
        Commit {
            run: self.run,
            create: None,
            update: RunUpdate::default(),
            rows,
        }
    }
}

#[async_trait]
impl Effect for UndoEffect<'_> {
    fn name(&self) -> &str {
        self.undo.name
    }

    fn run<'a>(&'a self, lent: &'a mut Lent<'a>) -> BoxFuture<'a, Attempt> {
        let input = UndoInput {
            arguments: self.arguments.clone(),
            output: self.output.clone(),
            failure: Arc::clone(&self.failure),
            resources: self.engine.resources.clone(),
            transaction: Some(lent),
        };
        Box::pin(attempt(self.undo, input, self.context.clone()))
    }

    async fn store_first(&self) -> Result<(), Stop> {
        let mut is_stored = self.is_stored.lock().await;
        if *is_stored {
            return Ok(());
        }
        let commit = self.commit_of(vec![self.row.clone()]);
        match self.engine.writer.write(commit).await {
            Ok(Committed::Stored) => {
                *is_stored = true;
                Ok(())
            }
            Ok(_) | Err(WriteError::Stopped) => Err(Stop::Left),
            Err(WriteError::Refused(why)) => Err(Stop::Park(why)),
        }
    }

    async fn commit(&self, done: &Stored) -> Result<Commit, Stop> {
        let is_stored = self.is_stored.lock().await;
        let first = (!*is_stored).then(|| self.row.clone());
        let own = outcome_row(self.row, done, self.engine.environment.now())?;
        let rows = first.into_iter().chain([own]).collect();
        Ok(self.commit_of(rows))
    }

    async fn found(&self) -> Result<Option<Stored>, Stop> {
        history::own_outcome(self.engine, self.run, self.row).await
    }
}

/// Runs one attempt at a compensation.
pub(super) async fn attempt(
    undo: &'static UndoDescriptor,
    input: UndoInput<'_>,
    context: Context,
) -> Attempt {
    match guarded(context.scope(async move { (undo.run)(input).await })).await {
        Ok(UndoEnd::Returned(Ok(()))) => Attempt::Done {
            value: Box::new(()),
            stored: Stored::from_json(null().get()),
        },
        Ok(UndoEnd::Returned(Err(error))) => Attempt::Failed {
            value: Box::new(()),
            error,
        },
        Ok(UndoEnd::Undecodable(error)) => {
            Attempt::Impossible(format!("what `{}` takes {error}", undo.name))
        }
        Ok(UndoEnd::MissingResource(missing)) => Attempt::Impossible(format!(
            "`{}` wants the resource `{}`, which is not provided",
            undo.name, missing.name
        )),
        Ok(UndoEnd::MissingTransaction(missing)) => {
            Attempt::Impossible(format!("`{}` {missing}", undo.name))
        }
        Err(panic) => Attempt::Unknown {
            kind: FailureKind::Panic,
            error: StoredError::of_engine(format!("panicked: {panic}")),
        },
    }
}
