//! Bad input gets a clear error and changes nothing. Each whole message is here.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "sqlite")]
#[path = "../support/sql.rs"]
mod sql;

#[cfg(feature = "sqlite")]
mod file;
mod id;
mod panic;
mod sagas;
mod size;
mod url;
