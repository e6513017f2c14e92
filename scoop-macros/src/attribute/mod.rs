//! The arguments of the attributes.

mod duration;
mod key;
pub(crate) mod saga;
pub(crate) mod step;

pub(crate) use duration::{duration, duration_range};
pub(crate) use key::Entry;
