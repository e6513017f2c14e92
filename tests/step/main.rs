//! Steps as the compiler takes them, called as plain functions and through their descriptors.

#![allow(clippy::unwrap_used)]

mod called;
mod described;
mod descriptor;
mod steps;
mod undone;
