//! Reads what there is to undo, and how much of that is undone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::execution::Execution;
use super::super::undone::{Undone, number_beside, undone};
use super::super::{Engine, Trouble, done, history};
use super::Undoing;
use super::trail::Trail;
use crate::protocol::checkpoint::{CheckpointRow, Undoes};
use crate::protocol::failure::{Compensation, StoredFailure};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::run::RunRow;

impl<'e> Undoing<'e> {
    pub(super) async fn load(engine: &'e Arc<Engine>, run: RunId) -> Result<Self, Trouble> {
        let row = engine
            .read(|| engine.store.run(run))
            .await?
            .ok_or_else(|| Trouble::NoRun(run.to_string()))?;
        let failure = history::decode(run, "failure", row.failure.as_ref())?.ok_or_else(|| {
            Trouble::Parked {
                run,
                reason: "it rolls back without a failure".to_owned(),
            }
        })?;
        let saga = engine.registry.saga(&row.saga);
        saga.map_err(|reason| Trouble::Parked { run, reason })?;
        Self::of(engine, &row, failure).await
    }

    /// A run that is undone because of this failure.
    pub(super) async fn of(
        engine: &'e Arc<Engine>,
        row: &RunRow,
        failure: StoredFailure,
    ) -> Result<Self, Trouble> {
        let rows = history::rows(engine, row.id).await?;
        history::check_whole(row.id, &rows, row.seq)?;
        Self::with(engine, row, failure, Trail::OfRun, rows)
    }

    /// The block of this row, of a run that goes on. That row, and what stands beside it, tells all of it.
    pub(super) async fn of_block(
        execution: &'e Execution,
        block: &(Seq, Part),
        failure: impl FnOnce(&RunRow) -> StoredFailure,
    ) -> Result<Self, Trouble> {
        let (engine, run) = (&execution.engine, execution.run);
        let row = engine.read(|| engine.store.run(run)).await?;
        let row = row.ok_or_else(|| Trouble::NoRun(run.to_string()))?;
        let seqs = std::slice::from_ref(&block.0);
        let rows = engine.read(|| engine.store.rows_at(run, seqs)).await?;
        let trail = Trail::of_block(block, execution);
        Self::with(engine, &row, failure(&row), trail, rows)
    }

    /// What these rows tell of.
    pub(super) fn with(
        engine: &'e Arc<Engine>,
        row: &RunRow,
        failure: StoredFailure,
        trail: Trail<'e>,
        rows: Vec<CheckpointRow>,
    ) -> Result<Self, Trouble> {
        let run = row.id;
        let saga = engine.registry.saga(&row.saga);
        let limit = saga.as_ref().ok().and_then(|saga| saga.rollback_deadline);
        let saga = saga.map_or("", |saga| saga.description.saga);
        let numbered = rows
            .iter()
            .filter_map(|row| Some((trail.number(row)?, row)));
        let newest = numbered.max_by_key(|(number, _)| *number);
        let seq = match trail {
            Trail::OfRun => row.seq,
            Trail::OfBlock { .. } => newest.map_or(Seq::NONE, |(number, _)| number),
        };
        let newest = newest.map(|(_, row)| row.clone());
        let compensations = compensations(engine, run, &trail, &rows)?;
        Ok(Self {
            engine,
            run,
            saga,
            limit,
            rows,
            trail,
            seq,
            newest,
            failure: Arc::new(StoredFailure {
                compensations: Vec::new(),
                ..failure
            }),
            compensations,
            outcome: None,
            released: false,
            undoing: None,
            under_way: None,
            is_stuck: false,
        })
    }
}

/// What became of the compensations so far that are over.
fn compensations(
    engine: &Engine,
    run: RunId,
    trail: &Trail<'_>,
    rows: &[CheckpointRow],
) -> Result<Vec<Compensation>, Trouble> {
    let mut undone = undone(run, rows, |row| trail.number(row))?;
    if trail.is_of_run() {
        let beside = undone_beside(run, rows)?;
        undone.splice(0..0, beside);
    }
    if undone.is_empty() {
        return Ok(Vec::new());
    }
    // Of many it is known which is which with one look at all.
    let done = done::ever(run, rows)?.into_iter();
    let steps: HashMap<_, _> = done
        .map(|done| ((done.seq, done.part), done.operation))
        .collect();
    let compensation = |undone: Undone| {
        let Undoes { seq, part, output } = undone.undoes;
        let place = (seq, part);
        let step = steps.get(&place).cloned().unwrap_or_default();
        let (seq, part) = place;
        Compensation {
            seq,
            part,
            unknown: output.is_none() && takes_outcome(engine, &step),
            step,
            rollback: undone.rollback,
            result: undone.result,
        }
    };
    Ok(undone.into_iter().map(compensation).collect())
}

/// What was undone while the run went on, because it lost a race: whoever reads why the run failed hears of that, too.
fn undone_beside(run: RunId, rows: &[CheckpointRow]) -> Result<Vec<Undone>, Trouble> {
    let blocks = rows.iter().filter_map(|row| {
        let block = row.part.undone_block()?;
        Some((row.seq, block))
    });
    let blocks: BTreeSet<(Seq, Part)> = blocks.collect();
    let mut all = Vec::new();
    for (seq, block) in blocks {
        let number = |row: &CheckpointRow| number_beside((seq, &block), row);
        all.extend(undone(run, rows, number)?);
    }
    Ok(all)
}

/// Whether the rollback of a step can be told that nobody knows whether it happened.
fn takes_outcome(engine: &Engine, step: &str) -> bool {
    let step = engine.registry.step(step).ok();
    let undo = step.and_then(|step| step.undo.as_ref());
    undo.is_some_and(|undo| (undo.takes_outcome)())
}
