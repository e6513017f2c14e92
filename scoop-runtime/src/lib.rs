//! The engine of `scoop-saga`. Users depend on the facade, not on this crate: nothing here is
//! covered by a stability promise except what the facade re-exports.

pub mod codec;
pub mod context;
pub mod engine;
pub mod environment;
pub mod error;
pub mod frame;
pub mod handle;
pub mod operation;
pub mod protocol;
pub mod resource;
pub mod store;
pub mod testing;

#[doc(hidden)]
pub use inventory;
