//! What a run that is stuck is stuck with.

use std::fmt::{Display, Formatter, Result};

use crate::error::wording;
use crate::protocol::failure::{CompensationResult, StoredFailure};
use crate::protocol::run::{RunRow, RunStatus};

pub(super) struct Stuck(StoredFailure);

impl Stuck {
    /// That of this run, if it is stuck.
    pub(super) fn of(run: &RunRow) -> Option<Self> {
        let failure = run.failure.as_ref();
        let failure = failure.filter(|_| run.status == RunStatus::Stuck)?;
        failure.decode().ok().map(Self)
    }

    /// Whether the run itself has not failed: it goes on when what lost a race in it is dealt with.
    pub(super) const fn goes_on(&self) -> bool {
        self.0.loser.is_some()
    }
}

impl Display for Stuck {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(failure) = self;
        if let Some(loser) = &failure.loser {
            write!(f, "what lost at {}[{}]: ", loser.seq, loser.part.0)?;
        }
        let mut all = failure.compensations.iter().rev();
        let failed = all.find(|known| matches!(known.result, CompensationResult::Failed { .. }));
        match failed {
            Some(failed) => f.write_str(&wording::undoing(failed)),
            None => {
                f.write_str("it failed past its pivot, `resolve` it when that is finished by hand")
            }
        }
    }
}
