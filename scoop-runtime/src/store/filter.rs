//! Which runs somebody means: to list them, or to remove them.

use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};
use crate::protocol::timestamp::Timestamp;

/// Which runs to list: those that fit all that is said. By default the first 100, whatever they are.
///
/// They come in the order of their ids, which is that in which they were started, so pages are stable:
/// the next one begins `after` the last run of the one before, whatever becomes of runs meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFilter {
    /// Only runs of this saga.
    pub saga: Option<String>,
    /// Only runs whose id, as the caller gave it, begins like this.
    pub key_prefix: Option<String>,
    /// Only runs that this run awaits, or awaited.
    pub parent: Option<RunId>,
    /// Only runs that no run awaits, or awaited.
    pub top: bool,
    /// Only runs with one of these statuses; all where empty.
    pub status: Vec<RunStatus>,
    /// Only runs that were started at this moment or later.
    pub started_since: Option<Timestamp>,
    /// Only runs that were started before this moment.
    pub started_before: Option<Timestamp>,
    /// Only runs that ended before this moment.
    pub ended_before: Option<Timestamp>,
    /// Only runs that are parked in this process: no store knows of that, so
    /// [`Admin`](crate::engine::admin::Admin) sees to it.
    pub parked: bool,
    /// Only runs with a greater id: for reading page by page.
    pub after: Option<RunId>,
    /// At most so many; 100 unless set.
    pub limit: u32,
}

impl Default for RunFilter {
    fn default() -> Self {
        Self {
            saga: None,
            key_prefix: None,
            parent: None,
            top: false,
            status: Vec::new(),
            started_since: None,
            started_before: None,
            ended_before: None,
            parked: false,
            after: None,
            limit: 100,
        }
    }
}

impl RunFilter {
    /// Whether a run fits, wherever the page begins and however many there are.
    pub(crate) fn fits(&self, run: &RunRow) -> bool {
        let Self {
            saga,
            key_prefix,
            parent,
            top,
            status,
            started_since,
            started_before,
            ended_before,
            parked: _,
            after: _,
            limit: _,
        } = self;
        let begins = |prefix: &String| run.key.as_ref().is_some_and(|key| key.starts_with(prefix));
        saga.as_ref().is_none_or(|saga| *saga == run.saga)
            && key_prefix.as_ref().is_none_or(begins)
            && parent.is_none_or(|parent| run.parent == Some(parent))
            && !(*top && run.parent.is_some())
            && (status.is_empty() || status.contains(&run.status))
            && started_since.is_none_or(|since| run.created_at >= since)
            && started_before.is_none_or(|before| run.created_at < before)
            && ended_before.is_none_or(|before| run.finished_at.is_some_and(|at| at < before))
    }
}

/// Which finished runs to remove. A run that was awaited goes with the one that awaited it.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Only runs that ended before this moment.
    pub ended_before: Timestamp,
    /// Only runs of this saga.
    pub saga: Option<String>,
    /// No runs of these sagas.
    pub except: Vec<String>,
    /// So many of each saga stay, the last to have ended; none of those in `only`.
    pub keep: u64,
    /// Only these runs; the limit counts those that are named, then.
    pub only: Option<Vec<RunId>>,
    /// At most so many, of each saga the first to have ended, not counting those below them.
    pub limit: u32,
}
