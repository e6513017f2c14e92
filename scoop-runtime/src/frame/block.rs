//! `async` blocks beside other operations: each has a frame of its own, whose rows are under that of the
//! await. Its points are named `outer/block/inner`.

use std::fmt;
use std::sync::{Arc, Weak};

use super::inside::composed;
use super::{Conductor, Frame, Position, Slot, mismatch};
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::operation::block::{BlockEnd, Body};
use crate::operation::saga::BodyError;
use crate::operation::{Intent, Settled, Unsettled};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::{FailureKind, StoredFailure};
use crate::resource::Resources;

/// A block that can be entered, as the frame gives it to the engine.
#[derive(Clone)]
pub struct KnownBlock {
    /// What the names of its await points begin with.
    pub(crate) prefix: Arc<str>,
    body: Arc<Body>,
    /// Of the frame that it stands in.
    depth: u32,
    engine: Weak<dyn Conductor>,
}

impl Frame {
    /// Says what the body of a block is that is awaited at this point.
    pub fn block(&mut self, number: u32, body: Body) {
        let outer = self.name_of(self.point(number).name);
        self.engine.know(KnownBlock {
            prefix: prefix(&outer, body.name).into(),
            body: Arc::new(body),
            depth: self.depth,
            engine: Arc::downgrade(&self.engine),
        });
    }
}

/// What the names of the await points of a block begin with.
pub(crate) fn prefix(outer: &str, block: &str) -> String {
    format!("{outer}/{block}/")
}

impl KnownBlock {
    /// Where the block stands that is stored at the await point of this name.
    pub(crate) fn position(&self, name: &str, slots: Vec<Slot>) -> Option<Position> {
        let inner = name.strip_prefix(&*self.prefix)?;
        self.body.description.position(inner, slots)
    }

    /// How a block ended before a crash, as its rows say.
    pub(crate) fn ended(
        &self,
        end: Result<Stored, Box<StoredFailure>>,
    ) -> Result<Settled, CodecError> {
        let read = |json: &str| (self.body.read)(json).map_err(CodecError::Decode);
        let failure = match end {
            Ok(stored) => return Ok(Settled::Value(read(stored.json()?)?)),
            Err(failure) => failure,
        };
        let value = failure.error.value.as_ref();
        match value.filter(|_| failure.kind == FailureKind::Error) {
            Some(error) => {
                let value = read(&format!("{{\"Err\":{error}}}"))?;
                Ok(Settled::Failed { value, failure })
            }
            None => Ok(Settled::Unsettled(Box::new(Unsettled {
                failure: *failure,
            }))),
        }
    }

    /// The body, from its beginning or from where it stood.
    pub(crate) fn enter(
        &self,
        captured: &Stored,
        position: Option<Position>,
    ) -> Result<BoxFuture<'static, BlockEnd>, BodyError> {
        let Some(engine) = self.engine.upgrade() else {
            mismatch("the run of a block is gone".to_owned())
        };
        let resources = engine.resources();
        let conductor = InBlock {
            engine: Arc::clone(&engine),
            prefix: Arc::clone(&self.prefix),
        };
        let mut frame = Frame::new(Arc::new(conductor), self.body.description, position);
        frame.engine = engine;
        frame.around = self.prefix.to_string();
        frame.depth = self.depth + 1;
        (self.body.enter)(frame, captured, &resources)
    }
}

/// The engine, as the frame of a block sees it. What the frames around it keep is in rows of theirs.
struct InBlock {
    engine: Arc<dyn Conductor>,
    prefix: Arc<str>,
}

impl Conductor for InBlock {
    fn perform<'a>(
        &'a self,
        number: u32,
        point: &'static Point,
        intent: Intent,
        live: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled> {
        let point = composed(&self.prefix, point);
        self.engine.perform(number, point, intent, live)
    }

    fn resume<'a>(
        &'a self,
        number: u32,
        point: &'static Point,
        operation: OperationMeta,
    ) -> BoxFuture<'a, Settled> {
        let point = composed(&self.prefix, point);
        self.engine.resume(number, point, operation)
    }

    fn know(&self, block: KnownBlock) {
        self.engine.know(block);
    }

    fn abandon(&self, unsettled: Unsettled) {
        self.engine.abandon(unsettled);
    }

    fn refuse(&self, kind: FailureKind, why: String, point: &'static Point, operation: &str) {
        let point = composed(&self.prefix, point);
        self.engine.refuse(kind, why, point, operation);
    }

    fn resources(&self) -> Resources {
        self.engine.resources()
    }
}

impl fmt::Debug for KnownBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownBlock").field(&self.prefix).finish()
    }
}
