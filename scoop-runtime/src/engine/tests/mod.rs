//! The engine against a store in memory.
