//! The live frame of a run: what the lowered body of a saga talks to.
//!
//! The body asks [`Frame::at`] whether it is being resumed at or past a point, takes its locals
//! from [`Frame::load`], gives them to [`Frame::save`], and hands each awaited operation over with
//! [`Frame::begin`]. What happens then is the [`Conductor`]'s business: the frame knows nothing of
//! stores, commits or retries.

mod argument;
pub mod awaited;
mod block;
mod borrow;
mod conductor;
mod copied;
mod durable;
mod inside;
mod iterate;

pub use block::KnownBlock;
pub(crate) use block::prefix as prefix_of_block;
pub use borrow::{BorrowProbe, BorrowedAcrossAwait, Owned};
pub use conductor::{Conductor, Position, Slot};
pub use copied::{ByClone, ByStoredForm, Copied};
pub use durable::Durable;
pub(crate) use inside::unknown;
pub use iterate::{
    AsIs, AsItStands, Collected, Inclusive, Items, IterProbe, KeepsItsOrder, LoopSlots, OrderProbe,
    SagaIter, UnstableOrder,
};

use std::fmt;
use std::sync::Arc;

use crate::operation::Operation;
use crate::protocol::description::{Description, Point};

/// The live frame of a run.
pub struct Frame {
    conductor: Arc<dyn Conductor>,
    /// The same for the outermost frame.
    engine: Arc<dyn Conductor>,
    description: &'static Description,
    resume: Option<u32>,
    /// Where it stands inside of the function that is awaited at the point to be resumed at.
    inside: Option<String>,
    /// The await points of the frames around it, each with a `/` behind it; and how many they are.
    around: String,
    depth: u32,
    slots: Vec<Slot>,
    broken: Option<String>,
}

/// An operation that is about to begin, or will be resumed, and whose value is still to come.
#[must_use]
pub struct Pending<O> {
    point: u32,
    operation: Option<O>,
}

/// Why a stored frame cannot be continued: carried out of the body by unwinding, caught by the
/// executor, which parks the run.
#[derive(Debug)]
pub struct FrameMismatch(pub String);

impl Frame {
    /// The frame of a body that begins at its beginning, or at `position`.
    #[must_use]
    pub fn new(
        conductor: Arc<dyn Conductor>,
        description: &'static Description,
        position: Option<Position>,
    ) -> Self {
        let (resume, inside, slots) = match position {
            Some(position) => (Some(position.point), position.inside, position.slots),
            None => (None, None, Vec::new()),
        };
        Self {
            engine: Arc::clone(&conductor),
            conductor,
            description,
            resume,
            inside,
            around: String::new(),
            depth: 0,
            slots,
            broken: None,
        }
    }

    /// Whether the body is being resumed at the point with this number or a later one.
    #[must_use]
    pub const fn at(&self, first: u32) -> bool {
        matches!(self.resume, Some(point) if point >= first)
    }

    /// Which of these ranges of points (first and last) holds the point to be resumed at.
    #[must_use]
    pub fn which(&self, ranges: &[(u32, u32)]) -> usize {
        let point = self.resume.unwrap_or_default();
        ranges
            .iter()
            .position(|&(first, last)| (first..=last).contains(&point))
            .unwrap_or_else(|| mismatch(format!("no branch holds await point {point}")))
    }

    /// The saved value of a local.
    pub fn load<T: Durable>(&mut self, name: &'static str) -> T {
        decode(self.slot(name), |json| serde_json::from_str(json))
    }

    /// Whether this local, or part of one, was saved.
    #[must_use]
    pub fn has(&self, name: &'static str) -> bool {
        self.slots.iter().any(|slot| *slot.name == *name)
    }

    /// Keeps the value of a local for the next checkpoint.
    pub fn save<T: Durable>(&mut self, name: &'static str, value: &T) {
        self.keep_written(name, encode(name, value));
    }

    /// Hands over what the body waits for at this point. Whether that is an operation is asked in
    /// one place only, [`settle`](Self::settle): what is none is one mistake.
    pub const fn begin<O>(&mut self, point: u32, operation: O) -> Pending<O> {
        Pending {
            point,
            operation: Some(operation),
        }
    }

    /// The operation that was pending at this point when the run was stored.
    pub const fn resume<O>(&mut self, point: u32) -> Pending<O> {
        self.resume = None;
        Pending {
            point,
            operation: None,
        }
    }

    /// Waits for the value of an operation. Never ends when there is none: then the conductor ends
    /// the body.
    pub async fn settle<O: Operation>(&mut self, pending: Pending<O>) -> O::Output {
        let point = self.point(pending.point);
        if let Some(inside) = O::inside() {
            return self.enter(&inside, pending, point).await;
        }
        if let Some(stands) = self.inside.take() {
            mismatch(unknown(&self.name_of(&format!("{}/{stands}", point.name))));
        }
        let settled = match pending.operation.map(O::into_intent) {
            None => self.conductor.resume(pending.point, point, O::META).await,
            Some(intent) => {
                let live = self.live(point);
                self.conductor
                    .perform(pending.point, point, intent, live)
                    .await
            }
        };
        match O::settle(settled) {
            Ok(value) => value,
            Err(unsettled) => {
                self.conductor.abandon(*unsettled);
                std::future::pending().await
            }
        }
    }

    fn point(&self, number: u32) -> &'static Point {
        self.description
            .point(number)
            .unwrap_or_else(|| mismatch(format!("there is no await point number {number}")))
    }

    /// The slots that are saved at `point`; or why one of them cannot be written.
    fn live(&mut self, point: &'static Point) -> Result<Vec<Slot>, String> {
        if let Some(why) = self.broken.take() {
            return Err(why);
        }
        self.slots.retain(|slot| point.live.contains(&&*slot.name));
        Ok(self.slots.clone())
    }

    fn slot(&self, name: &str) -> &Slot {
        let slot = self.slots.iter().find(|slot| *slot.name == *name);
        slot.unwrap_or_else(|| {
            mismatch(format!(
                "the local `{name}` was not saved by the build that ran it"
            ))
        })
    }

    /// Keeps a local that was written, or notes why it cannot be.
    fn keep_written(&mut self, name: &'static str, written: Result<Arc<str>, String>) {
        match written {
            Ok(json) => self.keep(name, json),
            Err(why) => self.broken = Some(why),
        }
    }

    fn keep(&mut self, name: &'static str, json: Arc<str>) {
        match self.slots.iter_mut().find(|slot| *slot.name == *name) {
            Some(slot) => slot.json = json,
            None => self.slots.push(Slot {
                name: name.into(),
                json,
            }),
        }
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("saga", &self.description.saga)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}

impl<O> fmt::Debug for Pending<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("point", &self.point)
            .finish_non_exhaustive()
    }
}

fn encode<T: Durable>(name: &str, value: &T) -> Result<Arc<str>, String> {
    let written = serde_json::to_string(value);
    checked(name, written, |json| serde_json::from_str::<T>(json))
}

/// What was written of a local, if it can be read back.
fn checked<T>(
    name: &str,
    written: serde_json::Result<String>,
    read: impl FnOnce(&str) -> serde_json::Result<T>,
) -> Result<Arc<str>, String> {
    let json = written
        .map_err(|error| format!("the local `{name}` cannot be written as JSON: {error}"))?;
    if cfg!(debug_assertions)
        && let Err(error) = read(&json)
    {
        return Err(format!(
            "the local `{name}` does not survive JSON ({json}): {error}"
        ));
    }
    Ok(json.into())
}

fn decode<T>(slot: &Slot, read: impl FnOnce(&str) -> serde_json::Result<T>) -> T {
    read(&slot.json).unwrap_or_else(|error| {
        let type_name = std::any::type_name::<T>();
        mismatch(format!(
            "the saved local `{}` is no `{type_name}`: {error}",
            slot.name
        ))
    })
}

/// What the arm of a branch was given when it was chosen.
pub fn given<T>(payload: Option<T>) -> T {
    payload.expect("an arm is given its locals when it is chosen")
}

/// Leaves the body without running the panic hook.
pub(crate) fn mismatch(why: String) -> ! {
    std::panic::resume_unwind(Box::new(FrameMismatch(why)))
}
