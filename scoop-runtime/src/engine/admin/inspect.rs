//! Looks at one run: where it stands, what it waits for, what is below it, what would be undone.

use super::super::history::{self, PendingRow};
use super::super::{Engine, Trouble, rollback};
use super::Admin;
use super::awaited::UnderWay;
use super::inspection::{Inspection, Local, Waits};
use super::stuck::Stuck;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};

impl Admin {
    /// A run as somebody sees it who wants to know what it is doing: where it stands, with the locals
    /// that are stored there, those of its `async` blocks, too; what it waits for; what would be undone; the runs below it; and all that
    /// it did so far. `println!("{inspection}")` prints a report.
    ///
    /// What is read is read one after the other, while the run may go on.
    ///
    /// # Errors
    /// When the store cannot be asked, there is no such run, or what is stored of it cannot be read.
    pub async fn inspect(&self, run: RunId) -> Result<Inspection, Trouble> {
        let engine = self.scoop.engine();
        let row = self.run(run).await?;
        let rows = history::rows(engine, run).await?;
        let newest = rows.iter().rfind(|row| row.part.is_main());
        let mut under_way = UnderWay::new(&rows);
        let mut locals = Vec::new();
        if let Some(newest) = newest.filter(|newest| is_under_way(&row, newest)) {
            let here = rows.iter().filter(|part| part.seq == newest.seq);
            let parts = here.filter(|part| !part.part.is_main()).cloned().collect();
            let pending = PendingRow::of(run, newest.clone(), parts)?;
            under_way.look(engine, run, &pending).await?;
            if newest.direction == Direction::Forward {
                let (_, slots) = history::slots(engine, run, newest).await?;
                let slots = slots.iter().map(|slot| Local::new(&slot.name, &slot.json));
                locals = slots.collect();
            }
        }
        let UnderWay { awaits, blocks, .. } = under_way;
        let plan = match row.status {
            RunStatus::RolledBack => Ok(Vec::new()),
            _ => rollback::would_undo(engine, &row).await,
        };
        Ok(Inspection {
            waits: waits(engine, &row),
            awaits,
            locals,
            blocks,
            plan: plan.map_err(|trouble| trouble.reason()),
            below: self.below(run).await?,
            run: row,
            rows,
        })
    }
}

/// Whether the operation of the newest row is not over.
fn is_under_way(run: &RunRow, newest: &CheckpointRow) -> bool {
    let goes_on = Stuck::of(run).is_some_and(|stuck| stuck.goes_on());
    (run.status.is_active() || goes_on) && newest.kind == RowKind::Await
}

fn waits(engine: &Engine, row: &RunRow) -> Waits {
    match (row.status, engine.parked(row.id)) {
        (RunStatus::Completed | RunStatus::RolledBack, _) => Waits::Ended,
        (RunStatus::Stuck, _) => Waits::Operator,
        (_, Some(reason)) => Waits::Build(reason),
        (_, None) => match &row.owner {
            Some(worker) => Waits::Work(worker.clone()),
            None if row.pending_children > 0 => Waits::Below(row.wake_at),
            None => Waits::Worker(row.wake_at),
        },
    }
}
