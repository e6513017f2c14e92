//! Why a body failed: which await its error came from, and what failed before.

use super::execution::{Execution, LastFailure, failure, lock};
use super::history::history;
use super::log::Leave;
use crate::protocol::failure::{Earlier, FailureKind, Hop, StoredError, StoredFailure};
use crate::protocol::id::Seq;
use crate::protocol::plan::{Past, Verdict};

/// The most earlier failures that are listed.
const MOST_EARLIER: usize = 100;

impl Execution {
    /// The failure of a body that ended with an error of its own or with that of an await.
    pub(super) async fn body_failure(
        &self,
        kind: FailureKind,
        error: StoredError,
    ) -> Result<StoredFailure, Leave> {
        let last = lock(&self.last).clone();
        let culprit = last.filter(|last| kind == FailureKind::Error && is_cause(last, &error));
        let mut failure = match culprit {
            None => failure(kind, error, vec![self.hop(None, 0)], None),
            Some(LastFailure { hop, error: cause, .. }) => {
                let other = !same(&cause, &error);
                let mut failure = failure(kind, error, vec![hop], None);
                failure.cause = other.then_some(cause);
                failure
            }
        };
        let but = failure.hops[0].point.is_some().then(|| self.log.seq());
        failure.preceded_by = self.earlier(but).await?;
        Ok(failure)
    }

    /// The failure of a body that was ended by an operation without a value.
    pub(super) async fn abandoned(
        &self,
        mut failure: StoredFailure,
    ) -> Result<StoredFailure, Leave> {
        failure.preceded_by = self.earlier(failure.doubt).await?;
        Ok(failure)
    }

    /// The failures that the body went on from, oldest first.
    async fn earlier(&self, but: Option<Seq>) -> Result<Vec<Earlier>, Leave> {
        if self.log.seq() == Seq::NONE {
            return Ok(Vec::new());
        }
        let history = history(&self.engine, self.log.run, self.log.outcome()).await?;
        let others = history.past.iter().filter(|past| Some(past.seq) != but);
        let mut earlier: Vec<_> =
            others.filter_map(|past| self.earlier_one(past)).take(MOST_EARLIER).collect();
        earlier.reverse();
        Ok(earlier)
    }

    fn earlier_one(&self, past: &Past) -> Option<Earlier> {
        let error = match &past.verdict {
            Verdict::Failed(error) | Verdict::Unknown(Some(error)) => error.clone(),
            Verdict::Done | Verdict::Unknown(None) => return None,
        };
        let description = self.saga.description;
        let point = description.number_of(&past.point).and_then(|n| description.point(n));
        let hop = match point {
            Some(point) => self.hop(Some((point, &past.operation)), past.failed_attempts + 1),
            None => Hop { point: Some(past.point.clone()), ..self.hop(None, 0) },
        };
        Some(Earlier { hop: Hop { at: past.at, ..hop }, error })
    }
}

/// Whether the error with which the body ended came from its newest await.
fn is_cause(last: &LastFailure, error: &StoredError) -> bool {
    last.tried || same(&last.error, error) || error.sources.contains(&last.error.message)
}

fn same(one: &StoredError, other: &StoredError) -> bool {
    one.type_name == other.type_name && one.message == other.message
}
