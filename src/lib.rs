//! Distributed business operations as ordinary async functions.
//!
//! Mark an `async fn` with [`#[saga]`](macro@saga) and what it awaits with
//! [`#[step]`](macro@step): its locals are saved at every await, it goes on there after a crash, and
//! what it did is undone in reverse order when it fails. The README shows it whole.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[allow(unused_extern_crates)]
extern crate self as scoop;

#[cfg(feature = "macros")]
pub use scoop_macros::{resource, saga, step};
pub use scoop_runtime::context::{Context, context};
pub use scoop_runtime::engine::admin::Admin;
pub use scoop_runtime::engine::{Connect, InstallError, Scoop, Start, Trouble, start_in};
pub use scoop_runtime::error::{Describe, Error, SagaError};
pub use scoop_runtime::handle::{Handle, Status};
pub use scoop_runtime::operation::{Failure, Never, Outcome, caught, sleep};
pub use scoop_runtime::protocol::failure::{
    Compensation, CompensationResult, Earlier, FailureKind, Hop, StoredError,
};
pub use scoop_runtime::protocol::id::RunId;
pub use scoop_runtime::protocol::run::RunStatus;
pub use scoop_runtime::resource::Resource;
pub use scoop_runtime::store::RunFilter;
#[cfg(feature = "postgres")]
pub use scoop_runtime::store::tx::Postgres;
#[cfg(feature = "sqlite")]
pub use scoop_runtime::store::tx::Sqlite;
pub use scoop_runtime::store::tx::Tx;

/// Everything that a program with sagas usually names.
pub mod prelude {
    pub use crate::{Failure, Outcome, Resource, SagaError, Scoop, Tx, sleep};
    #[cfg(feature = "macros")]
    pub use crate::{resource, saga, step};
}

/// For tests of programs that use sagas.
pub mod testing {
    pub use scoop_runtime::store::Store;
    pub use scoop_runtime::store::memory::MemoryStore;
    #[cfg(feature = "sqlite")]
    pub use scoop_runtime::store::sqlite::SqliteStore;
    pub use scoop_runtime::testing::{CrashStore, FaultStore};
}

/// What the macros expand to; not for users.
#[doc(hidden)]
pub mod __private {
    pub use scoop_runtime as runtime;
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
