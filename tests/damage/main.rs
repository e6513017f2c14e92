//! What is stored is damaged, or another program's: that run is parked with the reason, the others
//! go on, and nothing is lost. Each whole message is here.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used)]

#[path = "../support/journal.rs"]
mod journal;
#[path = "../support/sql.rs"]
mod sql;
#[path = "../support/mod.rs"]
mod support;

mod back;
mod forward;
mod sagas;
mod scene;
