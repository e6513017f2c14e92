//! Which constructs a program uses, and which stand inside which.

use std::collections::BTreeSet;

/// The constructs of a program.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// All that occur.
    pub constructs: BTreeSet<&'static str>,
    /// All (outer, inner) of which the inner stands somewhere in the outer.
    pub pairs: BTreeSet<(&'static str, &'static str)>,
    open: Vec<&'static str>,
}

impl Record {
    /// A construct begins.
    pub(super) fn enter(&mut self, construct: &'static str) {
        self.open.push(construct);
    }

    /// The innermost construct ends; `used` says whether it was written.
    pub(super) fn leave(&mut self, used: bool) {
        let Some(inner) = self.open.pop() else { return };
        if used {
            self.constructs.insert(inner);
            self.pairs
                .extend(self.open.iter().map(|outer| (*outer, inner)));
        }
    }
}
