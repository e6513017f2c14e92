//! What a commit means for a run row: pure, and the same for every store.

use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, RunId, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;

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
        priority: new.priority,
        queue: new.queue.clone(),
        absent: false,
        lost: 0,
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
        absent,
    } = commit.update.clone();
    row.status = status.unwrap_or(row.status);
    row.wake_at = wake_at.unwrap_or(row.wake_at);
    row.output = output.or(row.output.take());
    let earlier = row.failure.take();
    // One that goes on has not failed.
    let earlier = earlier.filter(|_| status != Some(RunStatus::Running));
    row.failure = failure.or(earlier);
    row.finished_at = finished_at.or(row.finished_at);
    if cancel.is_some() && row.cancel.is_none() && row.owner.is_none() {
        row.wake_at = None;
    }
    row.cancel = row.cancel.take().or(cancel);
    row.absent = absent.unwrap_or(row.absent);
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

/// Since when a run is active no more; some moment before that, where it is stuck.
pub(super) fn ended_at(row: &RunRow) -> Timestamp {
    row.finished_at.unwrap_or(row.created_at)
}

/// Where a run stands among those that may be claimed: the least comes first. It is the time since which it
/// is due; a level of priority counts as an hour, so that no run is passed over for ever. A run whose
/// workers die goes back a level each time, but for the first.
pub(super) fn rank(row: &RunRow) -> (i64, RunId) {
    const LEVEL: i64 = 3_600_000;
    let due = row.wake_at.unwrap_or(row.created_at).0;
    let level = i64::from(row.priority) - i64::from(row.lost.saturating_sub(1));
    (due.saturating_sub(level * LEVEL), row.id)
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
