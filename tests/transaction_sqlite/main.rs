//! Steps that write in the SQLite file of the store.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used)]

#[path = "../transaction/asked.rs"]
mod asked;
#[path = "../transaction/crash.rs"]
mod crash;
#[path = "../transaction/dropped.rs"]
mod dropped;
#[path = "../transaction/facts.rs"]
mod facts;
#[path = "../transaction/kill.rs"]
mod kill;
#[path = "../transaction/sagas.rs"]
mod sagas;
#[path = "../transaction/start.rs"]
mod start;
#[path = "../transaction/world.rs"]
mod world;

mod place;

pub(crate) use scoop::Sqlite as Db;

/// Whether a statement that fails leaves the transaction usable.
const STATEMENTS_STAND_ALONE: bool = true;
/// How many runs are started, by how many at once.
const STARTS: u32 = 1_000;
const STARTERS: u32 = 4;
const BEGIN: &str = "begin immediate";
