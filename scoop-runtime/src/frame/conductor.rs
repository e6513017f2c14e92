//! The seam between a body and the engine.

use std::sync::Arc;

use super::KnownBlock;
use crate::environment::BoxFuture;
use crate::operation::{Intent, Settled, Unsettled};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::FailureKind;
use crate::resource::Resources;

/// A saved local: its name and its value as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The name of the local, unique in its saga.
    pub name: Arc<str>,
    /// Its value.
    pub json: Arc<str>,
}

/// Where a stored run stands: an await point of this build, and the locals saved there.
#[derive(Clone, Debug)]
pub struct Position {
    /// The number of the await point, from 1.
    pub point: u32,
    /// The name of the await point inside, where it is in a function that is awaited there.
    pub inside: Option<String>,
    /// The saved locals.
    pub slots: Vec<Slot>,
}

/// What a frame asks of the engine.
pub trait Conductor: Send + Sync {
    /// Commits the checkpoint of this await point, then does what is intended. `live` is why a
    /// local cannot be saved, where one cannot.
    fn perform<'a>(
        &'a self,
        number: u32,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled>;

    /// Does what the stored checkpoint of this await point intends. `operation` is what this build
    /// awaits there.
    fn resume<'a>(
        &'a self,
        number: u32,
        point: &'static Point,
        operation: OperationMeta,
    ) -> BoxFuture<'a, Settled>;

    /// Is told how an `async` block can be entered that is awaited next.
    fn know(&self, block: KnownBlock);

    /// Ends the body: an operation ended without a value.
    fn abandon(&self, unsettled: Unsettled);

    /// Ends the body: a function of the saga cannot be entered at this point.
    fn refuse(&self, kind: FailureKind, why: String, point: &'static Point, operation: &str);

    /// What the process provides.
    fn resources(&self) -> Resources;
}
