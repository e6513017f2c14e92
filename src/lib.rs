//! Distributed business operations as ordinary async functions.
//!
//! Mark an `async fn` with [`#[saga]`](macro@saga) and what it awaits with
//! [`#[step]`](macro@step): its locals are saved at every await, it goes on there after a crash, and
//! what it did is undone in reverse order when it fails. The README shows it whole, the [`guide`]
//! explains it.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[allow(unused_extern_crates)]
extern crate self as scoop;

#[cfg(feature = "macros")]
pub use scoop_macros::{resource, saga, step};
pub use scoop_runtime::context::{Context, context, retry_after};
pub use scoop_runtime::engine::{
    Connect, InstallError, Retention, Scoop, Start, Trouble, start_in,
};
pub use scoop_runtime::error::{Describe, Error, SagaError};
pub use scoop_runtime::handle::{Handle, Status};
pub use scoop_runtime::operation::{
    Elapsed, Failure, Join, Map, Never, Outcome, Race, Saga, SagaCall, SagaFn, Spawn, Timeout,
    TryJoin, TryMap, caught, join, map, race, sleep, sleep_until, spawn, timeout, try_join,
    try_map,
};
pub use scoop_runtime::protocol::failure::{
    Compensation, CompensationResult, Earlier, FailureKind, Hop, StoredError,
};
pub use scoop_runtime::protocol::id::RunId;
pub use scoop_runtime::protocol::run::RunStatus;
pub use scoop_runtime::resource::Resource;
pub use scoop_runtime::store::RunFilter;
#[cfg(feature = "postgres")]
pub use scoop_runtime::store::postgres::{Migration, PostgresStore};
#[cfg(feature = "postgres")]
pub use scoop_runtime::store::tx::Postgres;
#[cfg(feature = "sqlite")]
pub use scoop_runtime::store::tx::Sqlite;
/// A transaction that a step takes part in.
///
/// ```standalone_crate
/// use scoop::{Postgres, Tx, step};
///
/// #[step(rollback = put_back)]
/// async fn take(article: &str, units: i64, tx: &mut Tx<'_, Postgres>) -> Result<(), sqlx::Error> {
///     let update = sqlx::query("update stock set units = units - $2 where article = $1");
///     update.bind(article).bind(units).execute(&mut *tx).await?;
///     Ok(())
/// }
///
/// async fn put_back(
///     article: &str,
///     units: i64,
///     (): (),
///     tx: &mut Tx<'_, Postgres>,
/// ) -> Result<(), sqlx::Error> {
///     let update = sqlx::query("update stock set units = units + $2 where article = $1");
///     update.bind(article).bind(units).execute(&mut *tx).await?;
///     Ok(())
/// }
/// ```
///
/// More in the [guide](guide::transactions).
pub use scoop_runtime::store::tx::Tx;

mod macros;

pub mod guide;

pub use self::admin::Admin;

/// What an operator sees: runs, and the rows of what they did. Got by [`Scoop::admin`].
///
/// ```
/// # async fn example(scoop: scoop::Scoop) -> Result<(), scoop::Trouble> {
/// use scoop::admin::RowKind;
/// use scoop::{RunFilter, RunStatus};
///
/// let stuck = RunFilter {
///     status: vec![RunStatus::Stuck],
///     ..RunFilter::default()
/// };
/// for run in scoop.admin().list(&stuck).await? {
///     let (run, rows) = scoop.admin().show(run.id).await?;
///     println!("{} of {}, since {}", run.id, run.saga, run.created_at);
///     for row in rows.iter().filter(|row| row.kind == RowKind::Await) {
///         println!("{} {:?} {:?}", row.seq, row.operation, row.arguments);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub mod admin {
    pub use scoop_runtime::codec::{CodecError, Stored};
    pub use scoop_runtime::engine::admin::{
        Admin, All, Awaited, Block, Bulk, Inspection, Local, Parked, Refusal, Remove, Stand,
        Undoable, Until, Waits,
    };
    pub use scoop_runtime::protocol::checkpoint::{
        CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome, Undoes,
    };
    pub use scoop_runtime::protocol::failure::StoredFailure;
    pub use scoop_runtime::protocol::id::{Part, Seq, WorkerName};
    pub use scoop_runtime::protocol::run::RunRow;
    pub use scoop_runtime::protocol::timestamp::Timestamp;
}

/// Everything that a program with sagas usually names.
pub mod prelude {
    pub use crate::{Failure, Outcome, Resource, SagaError, Scoop, Tx, sleep};
    #[cfg(feature = "macros")]
    pub use crate::{resource, saga, step};
}

/// For tests of programs that use sagas: stores to be given to [`Connect::store`].
///
/// ```
/// use std::sync::Arc;
///
/// use scoop::Scoop;
/// use scoop::testing::{CrashStore, MemoryStore};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), scoop::Trouble> {
/// let store = MemoryStore::new();
/// let crashes = Arc::new(CrashStore::new(Arc::new(store.clone()), Some(2)));
/// let first = Scoop::connect("memory:").store(crashes).await?;
/// // It goes on until its second commit. The next life finds what was stored by then.
/// drop(first);
/// let second = Scoop::connect("memory:").store(Arc::new(store)).await?;
/// # second.shutdown().await;
/// # Ok(())
/// # }
/// ```
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
