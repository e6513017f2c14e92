//! What stands in the parentheses of `#[step(..)]` and `#[saga(..)]`.

mod duration;
mod keys;
mod krate;
mod retry;
pub(crate) mod saga;
pub(crate) mod step;
#[cfg(test)]
mod tests;

pub(crate) use duration::Length;
pub(crate) use krate::Crate;
pub(crate) use retry::{Retry, RetryDefault};
