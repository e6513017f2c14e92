//! What can go wrong around a saga, as opposed to inside it.

use std::panic::Location;

use crate::codec::CodecError;
use crate::protocol::id::RunId;
use crate::resource::ResourceType;
use crate::store::StoreError;

/// Trouble of the infrastructure: never the saga's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// There is no runtime to run the saga on.
    #[error("no runtime is installed: call `Scoop::connect(url).await?.install()?` first, or run this inside `scoop.scope(..)`")]
    NotInstalled,
    /// A saga was awaited inside a step.
    #[error("a saga was awaited inside the step `{0}`: await it in a saga instead, so that it is saved and undone with it")]
    InsideStep(String),
    /// A blocking call was made where it would stop other tasks.
    #[error("a blocking call was made inside async code: use `.await` instead of `{0}`")]
    BlockingInAsync(&'static str),
    /// The run could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(String),
    /// This build cannot continue the run.
    #[error("run {run} is parked: {reason}")]
    Parked {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The run belongs to another saga than the handle is for.
    #[error("run {run} is one of `{found}`, not of `{wanted}`")]
    OtherSaga {
        /// The run.
        run: RunId,
        /// Its saga.
        found: String,
        /// The saga of the handle.
        wanted: &'static str,
    },
    /// What is stored is not what this build expects.
    #[error("the stored {what} of run {run} {error}")]
    Undecodable {
        /// The run.
        run: RunId,
        /// What could not be decoded.
        what: &'static str,
        /// Why.
        #[source]
        error: CodecError,
    },
    /// The runtime was shut down while somebody waited.
    #[error("the runtime was shut down; run {0} goes on when it is started again")]
    ShutDown(RunId),
}

/// Why a run could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The id given for the run cannot be used.
    #[error("the id given for the run {0}")]
    BadId(&'static str),
    /// The saga's arguments cannot be encoded.
    #[error("an argument of the saga `{saga}` {error}")]
    Unstorable {
        /// The saga.
        saga: &'static str,
        /// Why.
        #[source]
        error: CodecError,
    },
    /// The saga's arguments are too large.
    #[error("the arguments of the saga `{saga}` are {bytes} bytes, more than the limit of {limit}; pass a reference to the data instead, or raise `payload_limit`")]
    TooLarge {
        /// The saga.
        saga: &'static str,
        /// How large they are.
        bytes: usize,
        /// How large they may be.
        limit: usize,
    },
    /// Another run has this id and another input.
    #[error("a run of `{saga}` was started under the id `{id}` already, with another input (run {run})")]
    OtherInput {
        /// The saga.
        saga: &'static str,
        /// The id.
        id: String,
        /// The run that has it.
        run: RunId,
    },
    /// A resource is missing.
    #[error("the saga `{saga}` wants the resource `{}`: add `.provide(..)`", .resource.name)]
    MissingResource {
        /// The saga.
        saga: &'static str,
        /// What it wants.
        resource: ResourceType,
    },
    /// The body cannot be made from the arguments.
    #[error("the saga `{saga}` cannot begin: {reason}")]
    CannotBegin {
        /// The saga.
        saga: &'static str,
        /// Why.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A blocking call was made where it would stop other tasks.
    #[error("a blocking call was made inside async code: use `.await` instead of `.blocking()`")]
    BlockingInAsync,
    /// The runtime was shut down.
    #[error("the runtime is shut down")]
    ShutDown,
}

/// Why a runtime could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two sagas (or two steps) have one name.
    #[error("two {kind} have the name `{name}`: one at {first}, one at {second}; give one of them another with `name = \"..\"`")]
    TwoOfOneName {
        /// Sagas or steps.
        kind: &'static str,
        /// The name.
        name: &'static str,
        /// Where the one is.
        first: String,
        /// Where the other is.
        second: String,
    },
    /// A saga is not linked into this program.
    #[error("{0}")]
    UnknownSaga(String),
    /// Resources are missing.
    #[error("resources are missing, add `.provide(..)` for each:{}", .0.iter().map(|line| format!("\n  {line}")).collect::<String>())]
    MissingResources(Vec<String>),
    /// There is no tokio runtime to run on.
    #[error("there is no tokio runtime here: use `#[tokio::main]`, or `.blocking()`")]
    NoTokio,
    /// The tokio runtime could not be made.
    #[error("the runtime's threads could not be started: {0}")]
    Threads(#[source] std::io::Error),
    /// A blocking call was made where it would stop other tasks.
    #[error("a blocking call was made inside async code: use `.await` instead of `.blocking()`")]
    BlockingInAsync,
}

/// Why a runtime could not become the process's own.
#[derive(Debug, thiserror::Error)]
#[error("a runtime is installed already: worker `{worker}`, installed at {place}")]
pub struct InstallError {
    pub(crate) worker: String,
    pub(crate) place: &'static Location<'static>,
}
