//! Sagas: the unit that is started, resumed and rolled back.

use std::fmt;
use std::time::Duration;

use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::frame::Frame;
use crate::protocol::description::Description;
use crate::protocol::failure::StoredError;
use crate::resource::{ResourceType, Resources};

/// All that the engine knows of a saga. Made by `#[saga]`.
pub struct SagaDescriptor {
    /// Its name, await points and graph.
    pub description: &'static Description,
    /// The file of the function, as the compiler names it.
    pub file: &'static str,
    /// The line of the function.
    pub line: u32,
    /// How long a run may take, from its start.
    pub deadline: Option<Duration>,
    /// How long it may take to undo a run, from when that began.
    pub rollback_deadline: Option<Duration>,
    /// How urgent its runs are, unless their start says otherwise.
    pub priority: Option<i8>,
    /// The queue of its runs, unless their start says otherwise.
    pub queue: Option<&'static str>,
    /// The resources it wants (`Self`, for a method).
    pub resources: fn() -> Vec<ResourceType>,
    /// Makes the body, to be polled from the beginning or from the frame's await point.
    pub body: fn(BodyInput) -> BodyStart,
}

/// What a body gets.
#[derive(Debug)]
pub struct BodyInput {
    /// Its link to the engine.
    pub frame: Frame,
    /// The saga's arguments, encoded as an array.
    pub input: Stored,
    /// What the process provides.
    pub resources: Resources,
}

/// Why a body cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The stored input is not what this build expects.
    #[error("the saga's input {0}")]
    Undecodable(#[from] CodecError),
    /// A resource is missing.
    #[error("the resource `{}` is not provided", .0.name)]
    MissingResource(ResourceType),
}

/// A body, ready to be polled.
pub type BodyStart = Result<BoxFuture<'static, BodyEnd>, BodyError>;

/// How a body ended: its `Ok` value encoded, or its error; or that neither could be encoded.
pub type BodyEnd = Result<Result<Stored, StoredError>, CodecError>;

impl fmt::Debug for SagaDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Saga").field(&self.description.saga).finish()
    }
}

/// A saga registered at link time.
#[derive(Debug)]
pub struct RegisteredSaga(pub &'static SagaDescriptor);

inventory::collect!(RegisteredSaga);
