//! What the processes of a store tell each other, so that nobody has to find it out by looking. All of it
//! may get lost.

use crate::protocol::id::RunId;

/// One piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// There is something to be claimed, or to be cancelled.
    Due,
    /// This run has ended, or waits in the store.
    Left(RunId),
}

/// What somebody who listens hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// That it hears. What was said before may have been missed.
    Itself,
    /// Something that another process said.
    Hint(Hint),
}

/// Told what is heard.
pub type Ear<'a> = &'a (dyn Fn(Heard) + Send + Sync);
