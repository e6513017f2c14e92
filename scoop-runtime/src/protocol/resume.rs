//! Where a stored run goes on: read from its newest row and the attempts that belong to it.

use super::checkpoint::{CheckpointRow, RowKind, StoredAttempt};
use super::timestamp::Timestamp;
use crate::codec::CodecError;

/// How far the attempts at an operation have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many have failed.
    pub failed: u32,
    /// Whether the outcome of any of them is unknown.
    pub doubt: bool,
    /// When the next may begin.
    pub next_at: Option<Timestamp>,
}

/// The newest row of a run, and the attempts at its operation.
#[derive(Debug)]
pub struct Newest {
    /// The row.
    pub row: CheckpointRow,
    /// The attempts that are stored.
    pub attempts: Attempts,
}

impl Newest {
    /// Reads all rows of the newest `seq`; none where the checkpoint itself is missing.
    ///
    /// # Errors
    /// When an attempt cannot be decoded.
    pub fn of(rows: Vec<CheckpointRow>) -> Result<Option<Self>, CodecError> {
        let mut attempts = Attempts::default();
        let mut main = None;
        for row in rows {
            if row.part.is_main() {
                main = Some(row);
            } else if row.kind == RowKind::Attempt
                && let Some(outcome) = &row.outcome
            {
                attempts = attempts.and(&outcome.decode()?);
            }
        }
        Ok(main.map(|row| Self { row, attempts }))
    }
}

impl Attempts {
    /// With one more that failed.
    #[must_use]
    pub fn and(self, attempt: &StoredAttempt) -> Self {
        let newer = attempt.attempt > self.failed;
        Self {
            failed: self.failed.max(attempt.attempt),
            doubt: self.doubt || attempt.doubt,
            next_at: if newer { Some(attempt.next_at) } else { self.next_at },
        }
    }

    /// As a new process finds them: unless the pause is not over, the process before it may have
    /// begun another attempt whose outcome nobody knows.
    #[must_use]
    pub fn found_at(self, now: Timestamp) -> Self {
        let waiting = self.next_at.is_some_and(|next| next > now);
        Self { doubt: self.doubt || !waiting, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_in_doubt_unless_its_pause_was_not_over() {
        let attempts = Attempts { failed: 1, doubt: false, next_at: Some(Timestamp(10)) };
        assert!(!attempts.found_at(Timestamp(9)).doubt);
        assert!(attempts.found_at(Timestamp(10)).doubt);
        assert!(Attempts::default().found_at(Timestamp(0)).doubt);
    }
}
