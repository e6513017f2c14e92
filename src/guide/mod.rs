//! The guide, a chapter a module. The same texts are in `docs/guide/`.
//!
//! 1. [`first_saga`]: dependencies, starting, ids, crashes, stores.
//! 2. [`steps`]: every key of `#[step]`, what a rollback takes, doubt.
//! 3. [`sagas`]: what a saga awaits, what it cannot hold, and why.
//! 4. [`together`]: `join!`, `map`, `race!`, `timeout`, `spawn`.
//! 5. [`transactions`]: steps that write in the store's own database, exactly once; starting a saga in
//!    a transaction of one's own.
//! 6. [`resources`]: clients and configuration; steps and sagas that are methods.
//! 7. [`errors`]: what a failed saga tells, and how it goes on from a panic.
//! 8. [`operators`]: runs that are stuck or parked, what is logged.
//! 9. [`workers`]: how many runs at once, which first, queues, what processes tell each other.
//! 10. [`deploying`]: what may change between two builds.
//! 11. [`testing`]: unit tests of steps and sagas, and crashes.

// Most examples are linked into one program, and a runtime asks for the resources of every step that is
// linked: those with resources, or with transactions, are `standalone_crate`.

#[doc = include_str!("../../docs/guide/first_saga.md")]
///
/// Reference: [`Scoop`](crate::Scoop), [`Connect`](crate::Connect), [`Start`](crate::Start),
/// [`Handle`](crate::Handle), [`context`](crate::context()).
pub mod first_saga {}

#[doc = include_str!("../../docs/guide/steps.md")]
///
/// Reference: [`#[step]`](macro@crate::step), [`Outcome`](crate::Outcome),
/// [`Failure`](crate::Failure), [`Context`](crate::Context).
pub mod steps {}

#[doc = include_str!("../../docs/guide/sagas.md")]
///
/// Reference: [`#[saga]`](macro@crate::saga), [`sleep`](crate::sleep()),
/// [`caught`](crate::caught()).
pub mod sagas {}

#[doc = include_str!("../../docs/guide/together.md")]
///
/// Reference: [`join`](crate::join()), [`try_join`](crate::try_join()), [`map`](crate::map()),
/// [`try_map`](crate::try_map()), [`race`](crate::race()), [`timeout`](crate::timeout()),
/// [`spawn`](crate::spawn()).
pub mod together {}

#[doc = include_str!("../../docs/guide/transactions.md")]
///
/// Reference: [`Tx`](crate::Tx), [`Connect::pool`](crate::Connect::pool),
/// [`Start::start_in`](crate::Start::start_in), [`start_in`](crate::start_in()).
pub mod transactions {}

#[doc = include_str!("../../docs/guide/resources.md")]
///
/// Reference: [`#[resource]`](macro@crate::resource), [`Resource`](crate::Resource),
/// [`Connect::provide`](crate::Connect::provide).
pub mod resources {}

#[doc = include_str!("../../docs/guide/errors.md")]
///
/// Reference: [`SagaError`](crate::SagaError), [`Error`](crate::Error), [`Trouble`](crate::Trouble),
/// [`caught`](crate::caught()).
pub mod errors {}

#[doc = include_str!("../../docs/guide/operators.md")]
///
/// Reference: [`Admin`](crate::Admin), [`RunFilter`](crate::RunFilter),
/// [`RunStatus`](crate::RunStatus), [`Status`](crate::Status).
pub mod operators {}

#[doc = include_str!("../../docs/guide/workers.md")]
///
/// Reference: [`Connect::queue`](crate::Connect::queue),
/// [`Connect::max_running`](crate::Connect::max_running),
/// [`Connect::listen`](crate::Connect::listen), [`Start::priority`](crate::Start::priority).
pub mod workers {}

#[doc = include_str!("../../docs/guide/deploying.md")]
pub mod deploying {}

#[doc = include_str!("../../docs/guide/testing.md")]
///
/// Reference: [`testing`](crate::testing), [`Connect`](crate::Connect),
/// [`Scoop::scope`](crate::Scoop::scope).
pub mod testing {}
