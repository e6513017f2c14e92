//! What is checked of an operation before its checkpoint is written: that it can be stored, and
//! is not too large.

use super::attempt::error;
use super::execution::{Execution, failure};
use crate::codec::{CodecError, Stored};
use crate::frame::Slot;
use crate::operation::step::StepDescriptor;
use crate::operation::{Intent, Sleep};
use crate::protocol::description::Point;
use crate::protocol::failure::{FailureKind, StoredFailure};
use crate::protocol::timestamp::Timestamp;

/// An operation that can be stored.
pub(super) struct Prepared {
    pub(super) work: Work,
    pub(super) arguments: Stored,
    pub(super) live: Vec<Slot>,
}

/// What is to be done.
pub(super) enum Work {
    Step(&'static StepDescriptor),
    Sleep(Timestamp),
}

impl Execution {
    pub(super) fn prepare(
        &self,
        point: &Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> Result<Prepared, StoredFailure> {
        let (work, arguments) = match intent {
            Intent::Step { step, arguments } => (Work::Step(step), arguments),
            Intent::Sleep(duration) => {
                let until = self.engine.env.now().after(duration);
                (Work::Sleep(until), Stored::encode(&[until]))
            }
        };
        self.storable(&work, arguments, live).map_err(|(kind, message)| {
            let hop = self.hop(Some((point, work.name())), 0);
            let name = if kind == FailureKind::TooLarge { "too-large" } else { "unstorable" };
            failure(kind, error(name, message), vec![hop], None)
        }).map(|(arguments, live)| Prepared { work, arguments, live })
    }

    fn storable(
        &self,
        work: &Work,
        arguments: Result<Stored, CodecError>,
        live: Result<Vec<Slot>, String>,
    ) -> Result<(Stored, Vec<Slot>), (FailureKind, String)> {
        let name = work.name();
        let arguments = arguments
            .map_err(|error| (FailureKind::Unstorable, format!("an argument of `{name}` {error}")))?;
        let live = live.map_err(|why| (FailureKind::Unstorable, why))?;
        let limit = self.engine.limits.payload;
        if arguments.len() > limit {
            let largest = largest_argument(&arguments);
            let bytes = arguments.len();
            let message = format!("the arguments of `{name}` are {bytes} bytes{largest}, more than the limit of {limit}");
            return Err((FailureKind::TooLarge, message));
        }
        let bytes: usize = live.iter().map(|slot| slot.json.len()).sum();
        if bytes > limit
            && let Some(largest) = live.iter().max_by_key(|slot| slot.json.len())
        {
            let (local, most) = (&largest.name, largest.json.len());
            let message = format!("the locals kept across this await are {bytes} bytes, more than the limit of {limit}; the largest is `{local}` with {most} bytes");
            return Err((FailureKind::TooLarge, message));
        }
        Ok((arguments, live))
    }

    /// What a stored row says is to be done; or why this build cannot.
    pub(super) fn stored_work(&self, name: &str, arguments: &Stored) -> Result<Work, String> {
        if name == Sleep::NAME {
            let decoded: Result<[Timestamp; 1], _> = arguments.decode();
            let [until] = decoded.map_err(|error| format!("the moment to wake at {error}"))?;
            return Ok(Work::Sleep(until));
        }
        let step = self.engine.registry.step(name);
        step.map(Work::Step).ok_or_else(|| format!("the step `{name}` is not in this program"))
    }
}

fn largest_argument(arguments: &Stored) -> String {
    let decoded: Vec<Box<serde_json::value::RawValue>> = arguments.decode().unwrap_or_default();
    let sizes = decoded.iter().map(|argument| argument.get().len()).enumerate();
    match sizes.max_by_key(|&(_, bytes)| bytes) {
        Some((index, bytes)) => format!(" (the largest is number {} with {bytes} bytes)", index + 1),
        None => String::new(),
    }
}
