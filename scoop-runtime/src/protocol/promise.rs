//! What an operation promised about being undone when it began. It is stored with the row, because a
//! later build may say something else of the step.

use serde::{Deserialize, Serialize};

use super::description::{OperationKind, StepKind};
use super::id::RunId;

/// What the build that began an operation said about undoing it; nothing, where there was nothing
/// to undo, and in rows of builds that did not write it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Promise {
    /// It has the rollback of this stored name.
    Undo(String),
    /// It cannot be undone: from there on only forward.
    Pivot,
    /// It is a saga, and this its run: that knows what is to be undone, and whether it can be.
    Saga(RunId),
}

/// The part of a stored frame that says it, whatever else is there.
#[derive(Debug, Default, Deserialize)]
pub struct Promised {
    /// The promise of the row's operation.
    #[serde(default)]
    pub promise: Option<Promise>,
}

impl Promise {
    /// The promise of an operation of this kind with this rollback.
    #[must_use]
    pub fn of(kind: OperationKind, rollback: Option<&str>) -> Option<Self> {
        match (kind, rollback) {
            (_, Some(rollback)) => Some(Self::Undo(rollback.to_owned())),
            (OperationKind::Step(StepKind::Pivot), None) => Some(Self::Pivot),
            _ => None,
        }
    }
}
