//! What a commit means for a run row: pure, and the same for every store.

use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};

/// The row of a run that `commit` creates.
pub(super) fn created(new: &NewRun, commit: &Commit, fence: &Fence) -> RunRow {
    let (owner, epoch) = owner(new.owned, fence);
    let mut row = RunRow {
        owner,
        epoch,
        ..unowned(new)
    };
    apply(&mut row, commit, fence);
    row
}

/// The row of a new run that nobody has.
pub(super) fn unowned(new: &NewRun) -> RunRow {
    RunRow {
        id: new.id,
        saga: new.saga.clone(),
        key: new.key.clone(),
        input: new.input.clone(),
        status: RunStatus::Running,
        owner: None,
        epoch: 0,
        wake_at: new.wake_at,
        pending_children: 0,
        cancel: None,
        seq: Seq::NONE,
        output: None,
        failure: None,
        parent: new.parent,
        depth: new.depth,
        created_at: new.created_at,
        finished_at: None,
    }
}

/// Changes `row` as `commit` says.
pub(super) fn apply(row: &mut RunRow, commit: &Commit, fence: &Fence) {
    let RunUpdate {
        expect: _,
        unless_cancelled: _,
        status,
        wake_at,
        output,
        failure,
        finished_at,
        owned,
        cancel,
        released,
    } = commit.update.clone();
    row.status = status.unwrap_or(row.status);
    row.wake_at = wake_at.unwrap_or(row.wake_at);
    row.output = output.or(row.output.take());
    row.failure = failure.or(row.failure.take());
    row.finished_at = finished_at.or(row.finished_at);
    if cancel.is_some() && row.cancel.is_none() && row.owner.is_none() {
        row.wake_at = None;
    }
    row.cancel = row.cancel.take().or(cancel);
    if released {
        if row.owner.as_ref() == Some(&fence.worker) && row.epoch == fence.epoch {
            (row.owner, row.epoch) = owner(false, fence);
        }
    } else if let Some(owned) = owned {
        (row.owner, row.epoch) = owner(owned, fence);
    }
    row.seq = row.seq.max(newest(commit));
}

/// The owner of a run that is this worker's, or nobody's.
pub(super) fn owner(owned: bool, fence: &Fence) -> (Option<WorkerName>, i64) {
    if owned {
        (Some(fence.worker.clone()), fence.epoch)
    } else {
        (None, 0)
    }
}

/// The greatest `seq` of the commit's rows.
pub(super) fn newest(commit: &Commit) -> Seq {
    commit
        .rows
        .iter()
        .map(|row| row.seq)
        .max()
        .unwrap_or(Seq::NONE)
}

/// Whether the commit may be applied to a run that stands like this.
pub(super) fn expects(commit: &Commit, row: &RunRow) -> bool {
    let update = &commit.update;
    let expected = update.expect.is_none_or(|expected| expected == row.status);
    expected && !(update.unless_cancelled && row.cancel.is_some())
}

/// The batch in the order in which it is written (that of the run ids), each with its place.
pub(super) fn in_order(batch: &[Commit]) -> Vec<(usize, &Commit)> {
    let mut ordered: Vec<_> = batch.iter().enumerate().collect();
    ordered.sort_by_key(|(_, commit)| commit.run);
    ordered
}
