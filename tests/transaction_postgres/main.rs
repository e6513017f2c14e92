//! Steps that write in the PostgreSQL database of the store.

#![cfg(feature = "postgres")]
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

mod conflict;
mod ended;
mod place;
mod pool;
mod queue;
mod requeue;
mod rest;
mod stopped;

pub(crate) use scoop::Postgres as Db;

/// Whether a statement that fails leaves the transaction usable.
const STATEMENTS_STAND_ALONE: bool = false;
/// How many runs are started, by how many at once.
const STARTS: u32 = 10_000;
const STARTERS: u32 = 10;
const BEGIN: &str = "begin";
