//! A run that waits for others, in the store.
//!
//! Each of those is marked. Whatever ends it, or has it stuck, makes the run above due in the same
//! transaction, where that is nobody's. The row of the run below orders the two: who lets a run rest
//! locks it before that of the run above, so either it finds out that the run below has ended, or
//! whoever ends it finds the mark, and the run above as nobody's.

use crate::protocol::id::RunId;
use crate::protocol::timestamp::Timestamp;

/// What a run waits for that is to be nobody's meanwhile.
#[derive(Clone, Debug)]
pub struct Rest {
    /// The run.
    pub run: RunId,
    /// When it is due at the latest.
    pub until: Timestamp,
    /// The runs below, each of which makes it due when it ends, or gets stuck.
    pub below: Vec<RunId>,
    /// Not where somebody has asked to cancel it.
    pub unless_cancelled: bool,
    /// What time it is.
    pub now: Timestamp,
}

/// What became of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rested {
    /// It is not this worker's any more: nobody's, or somebody else's who has taken it up since.
    Left,
    /// The same, and a run below is due that nobody has. Who looked for work just then may have passed over
    /// it, because its row was locked to write this down: somebody has to look again.
    LeftDue,
    /// It is this worker's as before. There may be something to do: a run below is not active, or
    /// missing, or the run is to be cancelled. Or somebody else was changing it just now.
    Kept,
}
