//! Attempts at one compensation: outside, or in a transaction of the store.

use std::sync::Arc;
use std::time::Duration;

use super::super::attempt::Attempt;
use super::super::backward::{self, UndoEffect};
use super::super::history;
use super::super::performer::null;
use super::super::transact::{Effect as _, Ended, Stop, transact};
use super::super::{Engine, Trouble};
use super::{Target, Undoing};
use crate::codec::Stored;
use crate::operation::step::UndoInput;
use crate::protocol::checkpoint::{CheckpointRow, RowKind, StoredAttempt, StoredOutcome, Undoes};
use crate::protocol::failure::{CompensationResult, StoredError};
use crate::protocol::run::RunUpdate;

/// A compensation that is about to be tried.
pub(super) struct Begun {
    pub(super) undoes: Undoes,
    pub(super) attempts: Vec<StoredAttempt>,
    /// Its row, where its transaction writes that.
    pub(super) first: Option<CheckpointRow>,
    pub(super) in_transaction: bool,
    /// Whether the run is stuck, or somebody else's.
    left: bool,
}

/// How an attempt at a compensation ended.
pub(super) enum Tried {
    Undone,
    /// With how long it asks to wait for the next one.
    Failed(StoredError, Duration),
    /// The run is somebody else's, or stuck.
    Left,
}

impl Undoing<'_> {
    /// Writes what is about to be undone; for a rollback in a transaction, that writes it. `None`
    /// when there is nothing to undo.
    pub(super) async fn begin(&mut self, target: &Target) -> Result<Option<Begun>, Trouble> {
        let in_transaction = !(target.undo.transactions)().is_empty();
        let place = (target.done.seq, target.done.part.clone());
        if let Some((undoes, attempts)) = self.pending(&target.done)? {
            self.under_way = Some(place);
            return Ok(Some(Begun {
                undoes,
                attempts,
                first: None,
                in_transaction,
                left: false,
            }));
        }
        let Some(undoes) = self.settle_doubt(target).await? else {
            return Ok(None);
        };
        let mut begun = Begun {
            undoes: Undoes {
                seq: target.done.seq,
                part: target.done.part.clone(),
                output: None,
            },
            attempts: Vec::new(),
            first: None,
            in_transaction,
            left: true,
        };
        let Ok(undoes) = undoes else {
            return Ok(Some(begun));
        };
        let mut row = self.row(RowKind::Await);
        row.point = self.context(target, 0, true).point;
        row.operation = Some(target.undo.name.to_owned());
        row.arguments = Stored::encode(&undoes).ok();
        begun.undoes = undoes;
        self.under_way = Some(place);
        if in_transaction {
            begun.first = Some(row);
            begun.left = false;
        } else {
            begun.left = !self.commit(row, RunUpdate::default()).await?;
        }
        Ok(Some(begun))
    }

    pub(super) async fn attempt(
        &mut self,
        target: &Target,
        begun: &mut Begun,
        number: u32,
    ) -> Result<Tried, Trouble> {
        if begun.left {
            return Ok(Tried::Left);
        }
        let output = begun.undoes.output.as_ref();
        let output = output.map(|output| Stored::from_json(output.get()));
        let arguments = self.arguments(target)?;
        let context = self.context(target, number, true);
        let at_least = context.at_least.clone();
        let attempt = if begun.in_transaction {
            let row = match begun.first.take() {
                Some(row) => (row, false),
                None => (self.undo_row()?, true),
            };
            let effect = UndoEffect {
                engine: self.engine,
                run: self.run,
                undo: target.undo,
                context,
                arguments,
                output,
                row: &row.0,
                is_stored: row.1.into(),
                failure: Arc::clone(&self.failure),
            };
            match transacted(self.engine, &effect).await {
                Ok(None) => {
                    self.is_stored(&row.0);
                    self.done(target, CompensationResult::Undone { attempt: number });
                    return Ok(Tried::Undone);
                }
                Ok(Some(attempt)) => {
                    self.is_stored(&row.0);
                    self.undoing = Some(row.0);
                    attempt
                }
                Err(Stop::Left) => return Ok(Tried::Left),
                Err(Stop::Refused(reason) | Stop::Park(reason)) => return Err(self.parked(reason)),
            }
        } else {
            let input = UndoInput {
                arguments,
                output,
                failure: Arc::clone(&self.failure),
                resources: self.engine.resources.clone(),
                transaction: None,
            };
            self.engine.pulse.held().await;
            backward::attempt(target.undo, input, context).await
        };
        match attempt {
            Attempt::Done { .. } => {
                self.done(target, CompensationResult::Undone { attempt: number });
                self.outcome = Some(StoredOutcome::Done(null()));
                Ok(Tried::Undone)
            }
            Attempt::Failed { error, .. } | Attempt::Unknown { error, .. } => {
                Ok(Tried::Failed(error, at_least.take()))
            }
            // Nobody waits for less than all of a rollback.
            Attempt::Dropped(dropped) => Ok(Tried::Failed(dropped.halt.error(), at_least.take())),
            Attempt::Impossible(reason) => Err(self.parked(reason)),
        }
    }

    fn parked(&self, reason: String) -> Trouble {
        Trouble::Parked {
            run: self.run,
            reason,
        }
    }

    /// The arguments of the step that is undone.
    pub(super) fn arguments(&self, target: &Target) -> Result<Stored, Trouble> {
        target.done.arguments.clone().ok_or_else(|| {
            self.parked(format!(
                "the arguments of `{}` are missing",
                target.done.operation
            ))
        })
    }

    /// This row is in the store.
    fn is_stored(&mut self, row: &CheckpointRow) {
        self.seq = self.trail.number(row).unwrap_or(self.seq);
        self.outcome = None;
    }

    /// The row of the compensation that is under way.
    fn undo_row(&self) -> Result<CheckpointRow, Trouble> {
        let row = self.undoing.as_ref().or(self.newest.as_ref()).cloned();
        row.ok_or_else(|| self.parked(history::missing(self.seq)))
    }
}

/// One attempt in a transaction; nothing where it is done. One that is over has its row in the store.
async fn transacted(engine: &Engine, effect: &UndoEffect<'_>) -> Result<Option<Attempt>, Stop> {
    match transact(engine, effect).await? {
        Ended::Committed(_) | Ended::Found(_) => Ok(None),
        Ended::Over(attempt) => effect.store_first().await.map(|()| Some(attempt)),
    }
}
