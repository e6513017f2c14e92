//! The protocol: what is stored, and the pure decisions made from it.
//!
//! Nothing here reads a clock, draws a random number, waits, or does any input or output, so that
//! a model checker and a simulation can call these functions instead of copies of them.

pub mod branch;
pub mod checkpoint;
pub mod commit;
pub mod description;
pub mod failure;
pub mod id;
mod present;
pub mod promise;
pub mod retry;
pub mod run;
pub mod slots;
pub mod spawn;
pub mod timestamp;
