//! Runs kept in memory: for tests, and for trying things out. Gone with the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{RunFilter, Store, StoreError};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, Part, RunId, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};

/// A store in memory. Two runtimes on one of these, one after the other, see the same runs.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    runs: BTreeMap<RunId, RunRow>,
    keys: HashMap<(String, String), RunId>,
    rows: BTreeMap<(RunId, Seq, Part), CheckpointRow>,
    epochs: HashMap<WorkerName, i64>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn check(&self, fence: &Fence) -> Result<(), StoreError> {
        if self.epochs.get(&fence.worker) == Some(&fence.epoch) {
            Ok(())
        } else {
            Err(StoreError::Fenced(fence.worker.clone()))
        }
    }

    fn apply(&mut self, fence: &Fence, commit: &Commit) -> Committed {
        if let Some(new) = &commit.create
            && !self.runs.contains_key(&new.id)
        {
            if let Some(key) = &new.key
                && let Some(other) = self.keys.get(&(new.saga.clone(), key.clone()))
            {
                return Committed::KeyTaken(Box::new(self.runs[other].clone()));
            }
            self.create(fence, new);
        }
        let Some(run) = self.runs.get_mut(&commit.run) else {
            return Committed::Stale;
        };
        if commit
            .update
            .expect
            .is_some_and(|expected| expected != run.status)
        {
            return Committed::Stale;
        }
        update(run, &commit.update);
        for row in &commit.rows {
            run.seq = run.seq.max(row.seq);
            self.rows
                .entry((commit.run, row.seq, row.part.clone()))
                .or_insert_with(|| row.clone());
        }
        Committed::Stored
    }

    fn create(&mut self, fence: &Fence, new: &NewRun) {
        if let Some(key) = &new.key {
            self.keys.insert((new.saga.clone(), key.clone()), new.id);
        }
        let row = RunRow {
            id: new.id,
            saga: new.saga.clone(),
            key: new.key.clone(),
            input: new.input.clone(),
            status: RunStatus::Running,
            owner: Some(fence.worker.clone()),
            epoch: fence.epoch,
            wake_at: new.wake_at,
            pending_children: 0,
            cancel: false,
            seq: Seq::NONE,
            output: None,
            failure: None,
            created_at: new.created_at,
            finished_at: None,
        };
        self.runs.insert(new.id, row);
    }
}

fn update(run: &mut RunRow, update: &RunUpdate) {
    run.status = update.status.unwrap_or(run.status);
    run.wake_at = update.wake_at.unwrap_or(run.wake_at);
    run.finished_at = update.finished_at.or(run.finished_at);
    if let Some(output) = &update.output {
        run.output = Some(output.clone());
    }
    if let Some(failure) = &update.failure {
        run.failure = Some(failure.clone());
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn attach(&self, worker: &WorkerName) -> Result<Fence, StoreError> {
        let mut tables = self.tables();
        let epoch = tables.epochs.entry(worker.clone()).or_default();
        *epoch += 1;
        Ok(Fence {
            worker: worker.clone(),
            epoch: *epoch,
        })
    }

    async fn detach(&self, _: &Fence) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(&self, fence: &Fence, batch: &[Commit]) -> Result<Vec<Committed>, StoreError> {
        let mut tables = self.tables();
        tables.check(fence)?;
        Ok(batch
            .iter()
            .map(|commit| tables.apply(fence, commit))
            .collect())
    }

    async fn claim(
        &self,
        fence: &Fence,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let mut tables = self.tables();
        tables.check(fence)?;
        let free = |run: &&mut RunRow| {
            run.status.is_active()
                && after.is_none_or(|after| run.id > after)
                && !(run.owner.as_ref() == Some(&fence.worker) && run.epoch == fence.epoch)
        };
        let claim = |run: &mut RunRow| {
            run.owner = Some(fence.worker.clone());
            run.epoch = fence.epoch;
            run.clone()
        };
        Ok(tables
            .runs
            .values_mut()
            .filter(free)
            .take(limit as usize)
            .map(claim)
            .collect())
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.tables().runs.get(&run).cloned())
    }

    async fn run_by_key(&self, saga: &str, key: &str) -> Result<Option<RunRow>, StoreError> {
        let tables = self.tables();
        let id = tables.keys.get(&(saga.to_owned(), key.to_owned()));
        Ok(id.and_then(|id| tables.runs.get(id)).cloned())
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        let matches = |run: &&RunRow| {
            filter.saga.as_ref().is_none_or(|saga| *saga == run.saga)
                && (filter.status.is_empty() || filter.status.contains(&run.status))
                && filter.after.is_none_or(|after| run.id > after)
        };
        let tables = self.tables();
        Ok(tables
            .runs
            .values()
            .filter(matches)
            .take(filter.limit as usize)
            .cloned()
            .collect())
    }

    async fn rows_at(&self, run: RunId, seqs: &[Seq]) -> Result<Vec<CheckpointRow>, StoreError> {
        let tables = self.tables();
        let seqs: BTreeSet<Seq> = seqs.iter().copied().collect();
        let of = |seq: &Seq| {
            let (from, to) = ((run, *seq, Part::main()), (run, seq.next(), Part::main()));
            tables
                .rows
                .range(from..to)
                .map(|(_, row)| row.clone())
                .collect::<Vec<_>>()
        };
        Ok(seqs.iter().flat_map(of).collect())
    }

    async fn rows_before(
        &self,
        run: RunId,
        before: Option<Seq>,
        limit: u32,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let tables = self.tables();
        let end = (run, before.unwrap_or(Seq(i64::MAX)), Part::main());
        let start = (run, Seq::NONE, Part::main());
        let mut rows: Vec<_> = tables
            .rows
            .range(start..end)
            .rev()
            .take(limit as usize)
            .map(|(_, row)| row.clone())
            .collect();
        rows.sort_by(|a, b| b.seq.cmp(&a.seq).then_with(|| a.part.cmp(&b.part)));
        Ok(rows)
    }

    async fn close(&self) {}
}
