//! Functions of a saga: a frame inside a frame, which talks to the engine through the outer one.
//!
//! What is awaited inside is an await of the run. Its point is named `outer/inner`, and beside the
//! locals of the function, as `outer/x`, those are saved that the outer frame keeps at its own await,
//! and the arguments of the function as `outer/()`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Conductor, Frame, KnownBlock, Pending, Position, Slot, mismatch};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::operation::inline::Inside;
use crate::operation::saga::{BodyError, BodyInput};
use crate::operation::{Intent, Operation, Settled, Unsettled};
use crate::protocol::description::{Description, OperationMeta, Point};
use crate::protocol::failure::FailureKind;
use crate::resource::Resources;

/// How many functions of a saga may be under way inside one another.
pub(super) const DEEPEST: u32 = 32;

/// The slot of the arguments: no local has this name.
const ARGUMENTS: &str = "()";

/// Why a function does not begin.
type Refused = (FailureKind, String);

impl Frame {
    /// The body of the function that is awaited at this point: from its beginning, or from where it
    /// stood. One that never ends where it cannot begin: then the conductor ends the outer body.
    pub(super) fn enter<O: Operation>(
        &mut self,
        inside: &Inside<O>,
        pending: Pending<O>,
        point: &'static Point,
    ) -> BoxFuture<'static, O::Output> {
        let number = pending.point;
        let entered = match pending.operation {
            Some(operation) => self.begin_inside(inside, operation, (number, point)),
            None => Ok(self.resume_inside(inside, (number, point))),
        };
        entered.unwrap_or_else(|(kind, why)| {
            self.conductor.refuse(kind, why, point, O::META.name);
            Box::pin(std::future::pending())
        })
    }

    fn begin_inside<O: Operation>(
        &mut self,
        inside: &Inside<O>,
        operation: O,
        at: (u32, &'static Point),
    ) -> Result<BoxFuture<'static, O::Output>, Refused> {
        let name = O::META.name;
        if self.depth >= DEEPEST {
            let why = format!(
                "`{name}` would be awaited inside {DEEPEST} other functions of the saga, which is the \
                 limit: does it await itself without end?"
            );
            return Err((FailureKind::TooDeep, why));
        }
        let unstorable = |error| {
            let why = format!("an argument of `{name}` {error}");
            (FailureKind::Unstorable, why)
        };
        let input = (inside.input)(operation).map_err(unstorable)?;
        let entered = self.inner(inside, input, at, None);
        entered.map_err(|error| match error {
            BodyError::Undecodable(error) => unstorable(error),
            BodyError::MissingResource(_) => mismatch(unmade(name, &error)),
        })
    }

    fn resume_inside<O: Operation>(
        &mut self,
        inside: &Inside<O>,
        at: (u32, &'static Point),
    ) -> BoxFuture<'static, O::Output> {
        let (name, outer) = (O::META.name, self.name_of(at.1.name));
        let Some(stands) = self.inside.take() else {
            mismatch(format!(
                "at `{outer}` it waits for an operation, and this build is in the function `{name}`"
            ))
        };
        let prefix = prefix(at.1);
        let slots = self.slots.iter().filter_map(|slot| {
            let name = slot.name.strip_prefix(&*prefix)?.into();
            let json = Arc::clone(&slot.json);
            Some(Slot { name, json })
        });
        let (input, slots) = slots.partition::<Vec<Slot>, _>(|slot| &*slot.name == ARGUMENTS);
        let Some(input) = input.first() else {
            mismatch(format!(
                "the arguments of `{name}` were not saved at `{outer}`"
            ))
        };
        let input = Stored::from_json(&input.json);
        let Some(position) = inside.description.position(&stands, slots) else {
            mismatch(unknown(&self.name_of(&format!("{prefix}{stands}"))))
        };
        let entered = self.inner(inside, input, at, Some(position));
        entered.unwrap_or_else(|error| mismatch(unmade(name, &error)))
    }

    /// The name of an await point of this frame in the run.
    pub(super) fn name_of(&self, point: &str) -> String {
        format!("{}{point}", self.around)
    }

    /// The inner frame, and the body that talks to it.
    fn inner<O: Operation>(
        &mut self,
        inside: &Inside<O>,
        input: Stored,
        (number, point): (u32, &'static Point),
        position: Option<Position>,
    ) -> Result<BoxFuture<'static, O::Output>, BodyError> {
        let live = self.live(point);
        if let Err(why) = &live {
            // The function may await nothing: then the next await is to say it.
            self.broken = Some(why.clone());
        }
        let conductor = Within {
            outer: Arc::clone(&self.conductor),
            number,
            point,
            live: live.and_then(|live| with_arguments(live, point, &input)),
        };
        let resources = conductor.resources();
        let mut frame = Self::new(Arc::new(conductor), inside.description, position);
        frame.engine = Arc::clone(&self.engine);
        frame.around = self.name_of(&prefix(point));
        frame.depth = self.depth + 1;
        (inside.enter)(BodyInput {
            frame,
            input,
            resources,
        })
    }
}

impl Description {
    /// Where a run stands that is stored at the await point with this name: in this build, perhaps
    /// inside of a function.
    pub(crate) fn position(&self, name: &str, slots: Vec<Slot>) -> Option<Position> {
        let (point, inside) = self.find(name)?;
        Some(Position {
            point,
            inside: inside.map(ToOwned::to_owned),
            slots,
        })
    }
}

/// Why a run is parked that stands at a point which is gone.
pub(crate) fn unknown(point: &str) -> String {
    format!("it stands at await point `{point}`, which this build does not have")
}

fn unmade(name: &str, error: &BodyError) -> String {
    match error {
        BodyError::Undecodable(error) => format!("the arguments of the function `{name}` {error}"),
        error => format!("the function `{name}` cannot be entered: {error}"),
    }
}

fn prefix(point: &Point) -> String {
    format!("{}/", point.name)
}

fn with_arguments(mut live: Vec<Slot>, point: &Point, input: &Stored) -> Result<Vec<Slot>, String> {
    let json = input.json().map_err(|error| error.to_string())?;
    live.push(Slot {
        name: format!("{}{ARGUMENTS}", prefix(point)).into(),
        json: json.into(),
    });
    Ok(live)
}

/// The engine, as the frame inside of another one sees it.
struct Within {
    outer: Arc<dyn Conductor>,
    /// The await of the outer frame that the function is awaited at.
    number: u32,
    point: &'static Point,
    /// What the outer frame keeps there, with the arguments of the function.
    live: Result<Vec<Slot>, String>,
}

impl Within {
    fn with(&self, inner: Result<Vec<Slot>, String>) -> Result<Vec<Slot>, String> {
        let mut live = self.live.clone()?;
        let prefix = prefix(self.point);
        live.extend(inner?.into_iter().map(|Slot { name, json }| Slot {
            name: format!("{prefix}{name}").into(),
            json,
        }));
        Ok(live)
    }
}

impl Conductor for Within {
    fn perform<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled> {
        let (point, live) = (composed(&prefix(self.point), point), self.with(live));
        self.outer.perform(self.number, point, intent, live)
    }

    fn resume<'a>(
        &'a self,
        _: u32,
        point: &'static Point,
        operation: OperationMeta,
    ) -> BoxFuture<'a, Settled> {
        let point = composed(&prefix(self.point), point);
        self.outer.resume(self.number, point, operation)
    }

    fn know(&self, block: KnownBlock) {
        self.outer.know(block);
    }

    fn abandon(&self, unsettled: Unsettled) {
        self.outer.abandon(unsettled);
    }

    fn refuse(&self, kind: FailureKind, why: String, point: &'static Point, operation: &str) {
        let point = composed(&prefix(self.point), point);
        self.outer.refuse(kind, why, point, operation);
    }

    fn resources(&self) -> Resources {
        self.outer.resources()
    }
}

/// By the name in front, and the place of the other in memory: that one is there for ever.
type Composed = HashMap<(Box<str>, usize), &'static Point>;

/// The point `outer/inner`. It is made once for each pair, of which a program has a bounded number, and
/// stays.
pub(super) fn composed(prefix: &str, inner: &'static Point) -> &'static Point {
    static MADE: Mutex<Option<Composed>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (prefix.into(), std::ptr::from_ref(inner).addr());
    made.get_or_insert_default().entry(key).or_insert_with(|| {
        Box::leak(Box::new(Point {
            name: Box::leak(format!("{prefix}{}", inner.name).into_boxed_str()),
            live: &[],
            ..*inner
        }))
    })
}
