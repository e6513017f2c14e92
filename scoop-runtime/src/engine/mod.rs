//! The engine: takes runs from the store, drives them forward or back, and writes what they did.
//!
//! `runtime` is what users hold; `executor` drives one run, `performer` does one operation,
//! `rollback` undoes one run, `writer` is the only way to the store's tables; `pulse` shows that the worker
//! lives, `recovery` takes up what nobody has, `news` says who waits for what, `child` awaits runs of
//! other sagas; `requeue` has a worker let go of a run; `cancel` asks for the end of a run, `halt` is how that reaches its body. `rest` waits,
//! in memory or in the store; `alarm` says when a run there is due, `places` for how many there is
//! room, `closing` ends all that in order.

pub mod admin;
mod again;
mod alarm;
mod attempt;
mod backward;
mod block;
mod branch;
mod cancel;
mod child;
mod closing;
mod conduct;
mod connect;
mod core;
mod done;
mod dormant;
mod dropped;
mod ending;
mod execution;
mod executor;
mod failing;
mod forward;
mod halt;
mod held_up;
mod hints;
mod history;
mod intend;
mod limits;
mod line;
mod losers;
mod news;
mod pace;
mod performer;
mod places;
mod pulse;
mod queues;
mod reading;
mod recovery;
mod registry;
mod requeue;
mod rest;
mod retention;
mod rollback;
mod runtime;
mod several;
mod start;
mod take;
mod transact;
mod trouble;
mod undone;
mod waits;
mod writer;

pub use connect::{Connect, connect};
pub use registry::RegistryError;
pub use retention::Retention;
pub use runtime::{InstallError, Scoop};
pub use start::{Start, start_in};
pub use trouble::Trouble;

pub(crate) use self::core::Engine;
pub(crate) use self::news::Ended;
