//! Runs that wait for others: given up, and due when one of those ends.

use super::data::Data;
use crate::protocol::id::{Fence, RunId};
use crate::store::{Rest, Rested, StoreError, apply};

impl Data {
    pub(super) fn rest(&mut self, fence: &Fence, rest: &Rest) -> Result<Rested, StoreError> {
        self.guard(fence)?;
        let active = |run: &RunId| {
            let run = self.runs.get(run);
            run.is_some_and(|run| run.status.is_active())
        };
        let all_active = rest.below.iter().all(active);
        let Some(run) = self.runs.get_mut(&rest.run) else {
            return Ok(Rested::Left);
        };
        if run.owner.as_ref() != Some(&fence.worker) || run.epoch != fence.epoch {
            return Ok(Rested::Left);
        }
        if !all_active || (rest.unless_cancelled && run.cancel.is_some()) {
            return Ok(Rested::Kept);
        }
        (run.owner, run.epoch) = apply::owner(false, fence);
        run.wake_at = Some(rest.until);
        run.pending_children = i64::try_from(rest.below.len()).unwrap_or(i64::MAX);
        self.waking.extend(&rest.below);
        Ok(Rested::Left)
    }

    /// Whether a run waited in the store for this one, which is active no more.
    pub(super) fn wake_above(&mut self, run: RunId) -> bool {
        if !self.waking.contains(&run) {
            return false;
        }
        let ended = self.runs.get(&run).filter(|run| !run.status.is_active());
        let Some((above, at)) = ended.and_then(|run| Some((run.parent?, apply::ended_at(run))))
        else {
            return false;
        };
        if ended.is_some_and(|run| run.status.is_final()) {
            self.waking.remove(&run);
        }
        let above = self.runs.get_mut(&above).filter(|run| run.owner.is_none());
        let Some(above) = above else { return false };
        above.wake_at = Some(above.wake_at.map_or(at, |wake| wake.min(at)));
        true
    }
}
