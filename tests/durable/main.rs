//! What survives a restart besides the position: attempts, pauses, timers; what a long loop costs;
//! and the stored bytes themselves.

#![allow(clippy::unwrap_used)]

#[path = "../support/journal.rs"]
mod journal;
#[path = "../support/probe.rs"]
mod probe;
#[cfg(feature = "sqlite")]
#[path = "../support/sql.rs"]
mod sql;
#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "sqlite")]
mod again;
mod away;
mod blocks;
mod closing;
#[cfg(feature = "postgres")]
mod deaf;
mod dormant;
#[cfg(feature = "sqlite")]
mod golden;
mod halted;
mod handed;
mod idle;
mod lives;
mod losers;
mod parents;
mod parents_blocks;
mod parents_ended;
mod parents_several;
mod queue;
mod race;
mod race_blocks;
mod retry;
mod retry_after;
mod room;
mod several;
#[cfg(feature = "sqlite")]
mod stay;
mod stuck;
mod timer;
mod turns;
mod undone_late;
mod undone_many;
mod urgent;
