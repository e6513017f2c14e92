//! What tests of the engine and of sagas need: ways to fail on purpose.

mod crash;

pub use crash::CrashStore;
