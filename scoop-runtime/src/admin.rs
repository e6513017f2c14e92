//! What an operator can do: look at runs, and get stuck ones going again.

use crate::engine::Scoop;

/// What an operator can do.
#[derive(Clone, Debug)]
pub struct Admin {
    scoop: Scoop,
}

impl Admin {
    pub(crate) const fn new(scoop: Scoop) -> Self {
        Self { scoop }
    }
}
