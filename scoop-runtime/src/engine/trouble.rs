//! What can go wrong that is not the saga's own business.

use std::fmt;

use crate::codec::CodecError;
use crate::engine::InstallError;
use crate::engine::registry::RegistryError;
use crate::error::SagaError;
use crate::protocol::id::RunId;
use crate::store::StoreError;
use crate::store::tx::Database;

/// Trouble with the engine, the store, or how they are used. Never a saga's own error.
#[derive(thiserror::Error)]
pub enum Trouble {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sagas, steps and resources of this program do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No runtime.
    #[error(
        "no scoop runtime here: call `Scoop::connect(\"sqlite:..\").await?.install()?` once at \
         start-up, or run this inside `scoop.scope(..)`"
    )]
    NoRuntime,
    /// A saga was awaited inside a step.
    #[error(
        "a saga was awaited inside the step at `{0}`: await it in a saga, or have the step start it \
         with `Scoop::start`, which does not undo it"
    )]
    InsideStep(String),
    /// No async runtime underneath.
    #[error("no tokio runtime here: connect inside one, or with `Scoop::connect(..).blocking()`")]
    NoTokio,
    /// A blocking call in async code.
    #[error("this would block async code: use `.await` instead of the blocking form")]
    BlockingInAsync,
    /// The operating system gave no threads.
    #[error("no threads for a runtime: {0}")]
    Threads(#[source] std::io::Error),
    /// A run id given by the caller that cannot be stored.
    #[error("the run id {0}")]
    BadId(&'static str),
    /// The same id with another input.
    #[error("the id `{id}` belongs to run {run} of `{saga}`, which was started with another input")]
    OtherInput {
        /// The id given by the caller.
        id: String,
        /// The run that has it.
        run: RunId,
        /// The saga.
        saga: String,
    },
    /// The arguments of a saga.
    #[error("an argument of saga `{saga}` {error}")]
    Input {
        /// The saga.
        saga: String,
        /// Why.
        #[source]
        error: CodecError,
    },
    /// The arguments of a saga are too large.
    #[error("the arguments of saga `{saga}` take {bytes} bytes, more than the limit of {limit}")]
    InputTooLarge {
        /// The saga.
        saga: String,
        /// Their size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A saga was started in a transaction of another database than the store's.
    #[error(
        "the saga `{saga}` was started in a transaction of {found}, and the runtime's store is \
         `{store}:`; nobody would find the run there"
    )]
    OtherDatabase {
        /// The saga.
        saga: String,
        /// The database of the transaction.
        found: Database,
        /// What the store is called.
        store: &'static str,
    },
    /// The run cannot be continued by this program.
    #[error("run {run} is parked: {reason}; nothing is lost, a build that can continue it will")]
    Parked {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(String),
    /// What is stored of a run cannot be read.
    #[error("run {run} cannot be read: its {what} {error}")]
    Unreadable {
        /// The run.
        run: RunId,
        /// What of it.
        what: &'static str,
        /// Why.
        #[source]
        error: CodecError,
    },
    /// An operator asked for something that this run does not allow.
    #[error("{0}")]
    NotAllowed(String),
    /// The runtime was shut down.
    #[error("the runtime is shut down; the run goes on when a worker is started again")]
    ShutDown,
    /// The runtime was shut down before this saga was started.
    #[error("the runtime is shut down; it starts nothing any more")]
    NotStarted,
    /// The runtime was shut down while this saga was being started.
    #[error(
        "the runtime was shut down before it was known whether the saga was stored; if it was, it \
         goes on when a worker is started again"
    )]
    PerhapsStarted,
}

impl Trouble {
    /// Why a run that has this trouble cannot be continued, for a message that names the run.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Parked { reason, .. } => reason,
            Self::Unreadable { what, error, .. } => format!("its {what} {error}"),
            trouble => trouble.to_string(),
        }
    }
}

/// As `main` prints it: what it says.
impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<E> From<Trouble> for SagaError<E> {
    fn from(trouble: Trouble) -> Self {
        Self::from_trouble(trouble)
    }
}

impl<E> From<InstallError> for SagaError<E> {
    fn from(error: InstallError) -> Self {
        Self::from_trouble(error)
    }
}
