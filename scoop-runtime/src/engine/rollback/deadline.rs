//! How long it may take to undo a run before somebody has to look at it.

use std::time::Duration;

use super::Undoing;
use super::trail::Trail;
use crate::protocol::checkpoint::RowKind;
use crate::protocol::failure::StoredError;
use crate::protocol::id::Seq;
use crate::protocol::timestamp::Timestamp;

impl Undoing<'_> {
    /// When an attempt that is due then is to be thought of again: at the deadline, if that is earlier.
    pub(super) fn wake(&self, due: Timestamp) -> Timestamp {
        self.deadline().map_or(due, |(_, at)| due.min(at))
    }

    /// Why an attempt that is due then is not made, after this error: it would come too late. One that
    /// was due before the deadline is made, however late; so is the first one at each compensation.
    pub(super) fn too_late(&self, due: Timestamp, error: &StoredError) -> Option<StoredError> {
        let (limit, at) = self.deadline()?;
        (due >= at).then(|| {
            let last = &error.message;
            let message =
                format!("the rollback took longer than its deadline of {limit:?}: {last}");
            StoredError {
                sources: error.sources.clone(),
                ..StoredError::of_engine(message)
            }
        })
    }

    /// How long it may take, and until when.
    fn deadline(&self) -> Option<(Duration, Timestamp)> {
        let limit = self.limit?;
        Some((limit, self.began()?.after(limit)))
    }

    /// When the run turned, or an operator had it go on: a run that had returned `Ok` has no row of that,
    /// only its failure. A block that lost has a row when the first thing is undone, and no other failure than
    /// that of now.
    fn began(&self) -> Option<Timestamp> {
        let rows = self.rows.iter();
        let own = rows.filter_map(|row| Some((self.trail.number(row)?, row)));
        let decided = own.filter(|(number, row)| {
            let is_first = !self.trail.is_of_run() && *number == Seq::NONE.next();
            is_first || matches!(row.kind, RowKind::Turn | RowKind::Operator)
        });
        let decided = decided.map(|(_, row)| row.created_at);
        let failed = self.failure.hop.as_ref().map(|hop| hop.at);
        match self.trail {
            Trail::OfRun => decided.chain(failed).max(),
            Trail::OfBlock { .. } => decided.max().or(failed),
        }
    }
}
