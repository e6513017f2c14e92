//! The maps behind the memory store, and what each call does to them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, Part, RunId, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Removal, RunFilter, StoreError, apply};

type Rows = BTreeMap<(Seq, Part), CheckpointRow>;

/// All that the store holds.
#[derive(Default)]
pub(super) struct Data {
    pub(super) runs: BTreeMap<RunId, RunRow>,
    keys: BTreeMap<(String, String), RunId>,
    rows: BTreeMap<RunId, Rows>,
    pub(super) workers: BTreeMap<String, Life>,
    /// How many runs of each queue may run at once.
    pub(super) queues: BTreeMap<String, usize>,
    /// The runs that make the one above due when they end.
    pub(super) waking: BTreeSet<RunId>,
}

#[derive(Default)]
pub(super) struct Life {
    epoch: i64,
    live: bool,
}

impl Data {
    pub(super) fn attach(&mut self, worker: &WorkerName) -> Fence {
        let life = self.workers.entry(worker.0.clone()).or_default();
        life.epoch += 1;
        life.live = true;
        Fence {
            worker: worker.clone(),
            epoch: life.epoch,
        }
    }

    pub(super) fn detach(&mut self, fence: &Fence) {
        if let Some(life) = self.workers.get_mut(&fence.worker.0)
            && life.epoch == fence.epoch
        {
            life.live = false;
        }
    }

    pub(super) fn commit(
        &mut self,
        fence: &Fence,
        batch: &[Commit],
    ) -> Result<Vec<Committed>, StoreError> {
        self.guard(fence)?;
        let mut answers = vec![Committed::Stale; batch.len()];
        for (place, commit) in apply::in_order(batch) {
            answers[place] = self.one(fence, commit);
        }
        Ok(answers)
    }

    /// Those that are to be removed, without what is below them.
    fn old(&self, removal: &Removal) -> Vec<RunId> {
        let (saga, only) = (removal.saga.as_ref(), removal.only.as_ref());
        let is_meant = |run: &&RunRow| {
            run.parent.is_none()
                && run.status.is_final()
                && saga.is_none_or(|saga| *saga == run.saga)
                && !removal.except.contains(&run.saga)
                && only.is_none_or(|only| only.contains(&run.id))
        };
        let mut ended: Vec<_> = self.runs.values().filter(is_meant).collect();
        ended.sort_by_key(|run| (&run.saga, run.finished_at, run.id));
        let mut old = Vec::new();
        for of_saga in ended.chunk_by(|one, next| one.saga == next.saga) {
            let keep = usize::try_from(removal.keep).unwrap_or(usize::MAX);
            let surplus = of_saga.len().saturating_sub(keep);
            let is_old =
                |run: &&&RunRow| run.finished_at.is_some_and(|at| at < removal.ended_before);
            old.extend(of_saga[..surplus].iter().filter(is_old).map(|run| run.id));
        }
        old.truncate(removal.limit as usize);
        old
    }

    pub(super) fn remove(&mut self, removal: &Removal) -> u64 {
        let roots = self.old(removal);
        let count = roots.len() as u64;
        let mut gone = roots;
        while let Some(run) = gone.pop() {
            gone.extend(
                self.runs
                    .values()
                    .filter(|below| below.parent == Some(run))
                    .map(|below| below.id),
            );
            self.rows.remove(&run);
            self.waking.remove(&run);
            if let Some(row) = self.runs.remove(&run)
                && let Some(key) = row.key
            {
                self.keys.remove(&(row.saga, key));
            }
        }
        count
    }

    pub(super) fn cancelled(&self, fence: &Fence) -> Vec<(RunId, String)> {
        let mine = self.runs.values().filter(|run| {
            let owner = run.owner.as_ref() == Some(&fence.worker) && run.epoch == fence.epoch;
            owner && run.status == RunStatus::Running
        });
        mine.filter_map(|run| Some((run.id, run.cancel.clone()?)))
            .collect()
    }

    pub(super) fn next_due(&self, after: Timestamp) -> Option<Timestamp> {
        let waiting = self
            .runs
            .values()
            .filter(|run| run.status.is_active() && run.owner.is_none());
        let due = waiting.filter_map(|run| run.wake_at);
        due.filter(|due| *due > after).min()
    }

    pub(super) fn run(&self, run: RunId) -> Option<RunRow> {
        self.runs.get(&run).cloned()
    }

    pub(super) fn run_by_key(&self, saga: &str, key: &str) -> Option<RunRow> {
        self.run(*self.keys.get(&(saga.to_owned(), key.to_owned()))?)
    }

    pub(super) fn runs(&self, filter: &RunFilter) -> Vec<RunRow> {
        self.runs
            .range(beyond(filter.after))
            .map(|(_, run)| run)
            .filter(|run| filter.fits(run))
            .take(filter.limit as usize)
            .cloned()
            .collect()
    }

    pub(super) fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Vec<CheckpointRow> {
        let rows = self.rows.get(&run).into_iter().flat_map(BTreeMap::values);
        rows.filter(|row| seqs.contains(&row.seq))
            .cloned()
            .collect()
    }

    pub(super) fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Vec<CheckpointRow> {
        let rows = self.rows.get(&run).into_iter().flat_map(BTreeMap::values);
        let mut rows: Vec<_> = rows
            .filter(|row| before.is_none_or(|before| row.seq < before))
            .collect();
        // The sort is stable, so parts of one `seq` stay in their order.
        rows.sort_by_key(|row| std::cmp::Reverse(row.seq));
        rows.into_iter().take(limit as usize).cloned().collect()
    }

    pub(super) fn guard(&self, fence: &Fence) -> Result<(), StoreError> {
        if lives(&self.workers, Some(&fence.worker), fence.epoch) {
            Ok(())
        } else {
            Err(StoreError::Fenced(fence.worker.clone()))
        }
    }

    fn one(&mut self, fence: &Fence, commit: &Commit) -> Committed {
        let resent = self.resent(commit);
        if let Some(run) = self.runs.get_mut(&commit.run) {
            if resent {
                return Committed::Stored;
            }
            if !apply::expects(commit, run) {
                return Committed::Stale;
            }
            apply::apply(run, commit, fence);
        } else {
            let Some(new) = &commit.create else {
                return Committed::Stale;
            };
            if let Err(taken) = self.create(new, commit, fence) {
                return Committed::KeyTaken(taken);
            }
        }
        let rows = self.rows.entry(commit.run).or_default();
        for row in &commit.rows {
            rows.entry((row.seq, row.part.clone()))
                .or_insert_with(|| row.clone());
        }
        match self.wake_above(commit.run) {
            true => Committed::StoredAndWoke,
            false => Committed::Stored,
        }
    }

    fn resent(&self, commit: &Commit) -> bool {
        if commit.rows.is_empty() {
            return commit.create.is_some();
        }
        self.rows.get(&commit.run).is_some_and(|rows| {
            commit
                .rows
                .iter()
                .all(|row| rows.get(&(row.seq, row.part.clone())) == Some(row))
        })
    }

    fn create(&mut self, new: &NewRun, commit: &Commit, fence: &Fence) -> Result<(), Box<RunRow>> {
        if let Some(key) = &new.key {
            if let Some(taken) = self.run_by_key(&new.saga, key) {
                return Err(Box::new(taken));
            }
            self.keys.insert((new.saga.clone(), key.clone()), new.id);
        }
        self.runs.insert(new.id, apply::created(new, commit, fence));
        Ok(())
    }
}

fn beyond(after: Option<RunId>) -> (Bound<RunId>, Bound<RunId>) {
    (
        after.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    )
}

pub(super) fn lives(
    workers: &BTreeMap<String, Life>,
    worker: Option<&WorkerName>,
    epoch: i64,
) -> bool {
    worker
        .and_then(|worker| workers.get(&worker.0))
        .is_some_and(|life| life.live && life.epoch == epoch)
}
