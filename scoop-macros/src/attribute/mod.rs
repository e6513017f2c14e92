//! The arguments of the attributes.

pub(crate) mod saga;
