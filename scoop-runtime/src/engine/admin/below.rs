//! The runs below one: those that it awaits or awaited, and theirs.

use super::super::Trouble;
use super::Admin;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};
use crate::store::RunFilter;

/// How many of them are looked at, at most.
const MOST: usize = 1_000;

impl Admin {
    /// All of them, each behind the one that awaited it.
    pub(super) async fn below(&self, run: RunId) -> Result<Vec<RunRow>, Trouble> {
        let mut found = Vec::new();
        let mut next = vec![run];
        while let Some(parent) = next.pop() {
            let below = self.awaited_by(parent, &[], MOST - found.len()).await?;
            next.extend(below.iter().rev().map(|row| row.id));
            let place = found.iter().position(|row: &RunRow| row.id == parent);
            let place = place.map_or(0, |place| place + 1);
            found.splice(place..place, below);
            if found.len() >= MOST {
                break;
            }
        }
        Ok(found)
    }

    /// One that is stuck, for which this run waits: it, or what waits for it in turn, is awaited, or being undone.
    pub(super) async fn stuck_below(&self, run: RunId) -> Result<Option<RunRow>, Trouble> {
        let mut looked_at = 0;
        let mut next = vec![run];
        while let Some(parent) = next.pop() {
            let stuck = self.awaited_by(parent, &[RunStatus::Stuck], 1).await?;
            if let Some(stuck) = stuck.into_iter().next() {
                return Ok(Some(stuck));
            }
            let active = [RunStatus::Running, RunStatus::RollingBack];
            let active = self.awaited_by(parent, &active, MOST - looked_at).await?;
            looked_at += active.len();
            next.extend(active.iter().rev().map(|row| row.id));
        }
        Ok(None)
    }

    /// Those directly below, of these statuses; of all where there are none.
    async fn awaited_by(
        &self,
        parent: RunId,
        status: &[RunStatus],
        most: usize,
    ) -> Result<Vec<RunRow>, Trouble> {
        let engine = self.scoop.engine();
        let filter = RunFilter {
            parent: Some(parent),
            status: status.to_vec(),
            limit: u32::try_from(most).unwrap_or(0),
            ..RunFilter::default()
        };
        Ok(engine.ask(|| engine.store.runs(&filter)).await?)
    }
}
