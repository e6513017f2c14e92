//! Which runs a worker takes: those that nobody has, the most urgent first, and of a queue no more than
//! may run.

use std::collections::BTreeMap;

use super::data::{Data, Life, lives};
use crate::protocol::id::{Fence, Seq};
use crate::protocol::run::RunRow;
use crate::protocol::timestamp::Timestamp;
use crate::store::{Claim, StoreError, apply};

impl Data {
    pub(super) fn claim(
        &mut self,
        fence: &Fence,
        claim: &Claim,
    ) -> Result<Vec<RunRow>, StoreError> {
        self.guard(fence)?;
        let mut room = self.room();
        let workers = &self.workers;
        let mut free: Vec<_> = self
            .runs
            .values_mut()
            .filter(|run| {
                let sagas = claim.sagas.as_ref();
                sagas.is_none_or(|sagas| sagas.contains(&run.saga))
                    && !claim.except.contains(&run.id)
            })
            .filter(|run| run.status.is_active() && is_free(workers, run, claim.now))
            .collect();
        free.sort_by_key(|run| apply::rank(run));
        free.retain(|run| {
            let room = run.queue.as_ref().and_then(|queue| room.get_mut(queue));
            room.is_none_or(|room| match room.checked_sub(1) {
                Some(left) => {
                    *room = left;
                    true
                }
                None => false,
            })
        });
        free.truncate(claim.limit as usize);
        free.sort_by_key(|run| run.id);
        Ok(free
            .into_iter()
            .map(|run| {
                if run.owner.is_some() && run.seq > Seq::NONE {
                    run.wake_at = None;
                }
                if run.owner.is_some() {
                    run.lost = run.lost.saturating_add(1);
                }
                run.absent = false;
                run.pending_children = 0;
                run.owner = Some(fence.worker.clone());
                run.epoch = fence.epoch;
                run.clone()
            })
            .collect())
    }

    pub(super) fn limit_queue(&mut self, queue: &str, most: u32) {
        self.queues.insert(queue.to_owned(), most as usize);
    }

    /// How many more runs of each queue may run.
    fn room(&self) -> BTreeMap<String, usize> {
        let mut room = self.queues.clone();
        let present = self.runs.values().filter(|run| {
            let lives = lives(&self.workers, run.owner.as_ref(), run.epoch);
            run.status.is_active() && !run.absent && lives
        });
        for queue in present.filter_map(|run| run.queue.as_ref()) {
            if let Some(room) = room.get_mut(queue) {
                *room = room.saturating_sub(1);
            }
        }
        room
    }
}

/// Whether a run may be claimed: nobody has it, and it is due; or who had it is dead.
fn is_free(workers: &BTreeMap<String, Life>, run: &RunRow, now: Timestamp) -> bool {
    match &run.owner {
        None => run.wake_at.is_none_or(|due| due <= now),
        owner => !lives(workers, owner.as_ref(), run.epoch),
    }
}
