//! Starting a saga.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use super::execution::{Begun, NotBegun};
use super::writer::WriteError;
use super::{Scoop, Trouble, executor};
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::handle::Handle;
use crate::operation::saga::SagaDescriptor;
use crate::operation::{Saga, SagaCall, written_again};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::RunId;
use crate::protocol::run::{NewRun, RunRow, RunUpdate};
use crate::protocol::timestamp::Timestamp;

const LONGEST_ID: usize = 1_024;

/// A saga about to be started: `.await` it.
#[must_use = "a saga is started when this is awaited"]
pub struct Start<S> {
    scoop: Scoop,
    call: SagaCall<S>,
    id: Option<String>,
    wake: Option<Wake>,
}

enum Wake {
    At(Timestamp),
    After(Duration),
}

impl<S: Saga> Start<S> {
    pub(super) const fn new(scoop: Scoop, call: SagaCall<S>) -> Self {
        Self {
            scoop,
            call,
            id: None,
            wake: None,
        }
    }

    /// Names the run. Starting a saga twice under one id is the same run, if the input is the same
    /// too, and an error if it is not. The input of an earlier program is the same if the present
    /// types make the same of it: a field with `#[serde(default)]` may have been added since. At
    /// most 1,024 bytes.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Not before this moment.
    pub fn at(mut self, time: SystemTime) -> Self {
        self.wake = Some(Wake::At(time.into()));
        self
    }

    /// Not before this time has passed.
    pub const fn after(mut self, duration: Duration) -> Self {
        self.wake = Some(Wake::After(duration));
        self
    }

    /// Starts without async code.
    ///
    /// # Errors
    /// As when awaited; and inside async code.
    pub fn blocking(self) -> Result<Handle<S>, Trouble> {
        let scoop = self.scoop.clone();
        scoop.block_on(self.start())?
    }

    async fn start(self) -> Result<Handle<S>, Trouble> {
        let engine = Arc::clone(self.scoop.engine());
        if engine.is_stopped() {
            return Err(Trouble::NotStarted);
        }
        check_id(self.id.as_deref())?;
        let saga = S::descriptor();
        let name = saga.description.saga;
        let input = self.call.input.map_err(|error| Trouble::Input {
            saga: name.to_owned(),
            error,
        })?;
        check_size(name, &input, engine.payload_limit)?;
        if let Some(id) = &self.id
            && let Some(run) = engine.ask(|| engine.store.run_by_key(name, id)).await?
        {
            return same_run(self.scoop, &run, &input);
        }
        let now = engine.environment.now();
        let wake_at = self.wake.map(|wake| match wake {
            Wake::At(time) => time,
            Wake::After(duration) => now.after(duration),
        });
        let new = NewRun {
            id: RunId::from_uuid(engine.environment.uuid()),
            saga: name.to_owned(),
            key: self.id,
            input: input.clone(),
            wake_at,
            owned: engine.works,
            created_at: now,
        };
        let begun = if engine.works && wake_at.is_none() {
            engine.registry.saga(name).map_err(Trouble::NotAllowed)?;
            let (sender, begun) = oneshot::channel();
            let run = new.id;
            engine.drive_run(run, executor::begin(Arc::clone(&engine), saga, new, sender));
            begun.await.map_err(|_| Trouble::PerhapsStarted)?
        } else {
            insert(&engine, new).await?
        };
        match begun {
            Ok(run) => Ok(Handle::new(self.scoop, run)),
            Err(NotBegun::Taken(other)) => same_run(self.scoop, &other, &input),
            Err(NotBegun::Refused(reason)) => Err(Trouble::NotAllowed(format!(
                "the saga `{name}` cannot begin: {reason}"
            ))),
        }
    }
}

/// Stores a run without running its body, and has it driven where this process does that.
async fn insert(engine: &Arc<super::Engine>, new: NewRun) -> Result<Begun, Trouble> {
    let run = new.id;
    let commit = Commit {
        run,
        create: Some(new),
        update: RunUpdate::default(),
        rows: Vec::new(),
    };
    match engine.writer.write(commit).await {
        Ok(Committed::Stored) => {
            if engine.works {
                executor::take_up(engine, run).await?;
            }
            Ok(Ok(run))
        }
        Ok(Committed::KeyTaken(other)) => Ok(Err(NotBegun::Taken(other))),
        Ok(Committed::Stale) | Err(WriteError::Stopped) => Err(Trouble::PerhapsStarted),
        Err(WriteError::Refused(why)) => Err(crate::store::StoreError::Refused(why).into()),
    }
}

fn same_run<S: Saga>(scoop: Scoop, run: &RunRow, input: &Stored) -> Result<Handle<S>, Trouble> {
    if is_same(S::descriptor(), &run.input, input) {
        return Ok(Handle::new(scoop, run.id));
    }
    Err(Trouble::OtherInput {
        id: run.key.clone().unwrap_or_default(),
        run: run.id,
        saga: run.saga.clone(),
    })
}

/// Whether a stored input is this one. One that an earlier program wrote may lack a field that has a
/// default by now, so it is compared as the present types write it.
fn is_same(saga: &SagaDescriptor, stored: &Stored, input: &Stored) -> bool {
    let again = || written_again(saga, stored);
    stored.same_value(input) || again().is_some_and(|again| again.same_value(input))
}

fn check_id(id: Option<&str>) -> Result<(), Trouble> {
    match id {
        Some("") => Err(Trouble::BadId("is empty")),
        Some(id) if id.len() > LONGEST_ID => Err(Trouble::BadId("is longer than 1,024 bytes")),
        Some(id) if id.contains('\0') => Err(Trouble::BadId("contains a NUL character")),
        _ => Ok(()),
    }
}

fn check_size(saga: &str, input: &Stored, limit: usize) -> Result<(), Trouble> {
    if input.len() <= limit {
        return Ok(());
    }
    Err(Trouble::InputTooLarge {
        saga: saga.to_owned(),
        bytes: input.len(),
        limit,
    })
}

impl<S: Saga> IntoFuture for Start<S> {
    type Output = Result<Handle<S>, Trouble>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl<S: Saga> fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("call", &self.call)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
