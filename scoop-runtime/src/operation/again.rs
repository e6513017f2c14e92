//! A stored input as the present types write it: read with them, and written again.
//!
//! The function that reads a saga's input is a part of the one that makes its body, so a body is
//! made here, and thrown away before it runs. What is read on the way is written down.

use std::cell::RefCell;
use std::sync::Arc;

use super::saga::{BodyError, BodyInput, SagaDescriptor};
use super::stored::Arguments;
use super::{Intent, Settled, Unsettled};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::frame::{Conductor, Frame, KnownBlock, Slot};
use crate::protocol::description::{OperationMeta, Point};
use crate::protocol::failure::FailureKind;
use crate::resource::Resources;

thread_local! {
    /// What this thread has read so far, while it is asked for.
    static WRITTEN: RefCell<Option<Arguments>> = const { RefCell::new(None) };
}

/// Takes what was written away even where reading it panics.
struct Asked;

impl Drop for Asked {
    fn drop(&mut self) {
        drop(WRITTEN.take());
    }
}

/// The input as the present types write it; none where they cannot read it.
pub(crate) fn written(saga: &SagaDescriptor, input: &Stored) -> Option<Stored> {
    let _asked = Asked;
    WRITTEN.set(Some(Arguments::new()));
    let body = (saga.body)(BodyInput {
        frame: Frame::new(Arc::new(Nobody), saga.description, None),
        input: input.clone(),
        resources: Resources::default(),
    });
    // Resources are looked for when the arguments have been read.
    if let Err(BodyError::Undecodable(_)) = body {
        return None;
    }
    WRITTEN.take()?.finish().ok()
}

/// Writes an argument that was read, where that is asked for.
pub(super) fn note(write: impl FnOnce(&mut Arguments)) {
    WRITTEN.with_borrow_mut(|written| written.as_mut().map(write));
}

/// The other side of a frame whose body never runs.
struct Nobody;

impl Conductor for Nobody {
    fn perform<'a>(
        &'a self,
        _: u32,
        _: &'static Point,
        _: Intent,
        _: Result<Vec<Slot>, String>,
    ) -> BoxFuture<'a, Settled> {
        Box::pin(std::future::pending())
    }

    fn resume<'a>(&'a self, _: u32, _: &'static Point, _: OperationMeta) -> BoxFuture<'a, Settled> {
        Box::pin(std::future::pending())
    }

    fn know(&self, _: KnownBlock) {}

    fn abandon(&self, _: Unsettled) {}

    fn refuse(&self, _: FailureKind, _: String, _: &'static Point, _: &str) {}

    fn resources(&self) -> Resources {
        Resources::default()
    }
}
