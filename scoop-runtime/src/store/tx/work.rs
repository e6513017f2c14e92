//! What is done in a transaction, and what came of it.

use async_trait::async_trait;

use super::Lent;
use crate::protocol::commit::Commit;

/// Something to do in a transaction.
#[async_trait]
pub trait Work: Send {
    /// Does it. The transaction has begun, and ends as this says.
    async fn work(&mut self, lent: Lent<'_>) -> Verdict;
}

/// How a transaction is to end.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// With this commit, by one statement that checks the fence, too; both or nothing.
    Commit(Box<Commit>),
    /// It is not to have happened, but would this commit have been possible? Waits for a transaction
    /// of an earlier life that holds its rows.
    Probe(Box<Commit>),
    /// It is not to have happened.
    Rollback,
    /// It is not to have happened, and nobody knows what its connection is doing.
    Abandon,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// All of it is durable.
    Stored,
    /// It left nothing: the rows of its commit are there already, or the run is not as it was
    /// expected to be, or its key is another run's.
    Stale,
    /// It left nothing, as it was to be.
    RolledBack,
    /// It left nothing, for a reason that may be gone the next time.
    Repeat(String),
    /// It left nothing: nothing was done in it for so long that the server ended it.
    Expired(String),
    /// It left nothing: what was done in it cannot be committed.
    Broken(String),
    /// The connection was lost during the commit: it may have happened.
    Doubt(String),
}
