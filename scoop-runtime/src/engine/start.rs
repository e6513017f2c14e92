//! Starting a run.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use super::log::Leave;
use super::work::{Birth, Work};
use super::{Engine, Scoop, StartError, WriteError};
use crate::codec::{CodecError, Stored};
use crate::environment::BoxFuture;
use crate::handle::Handle;
use crate::operation::saga::SagaDescriptor;
use crate::operation::{Saga, SagaCall};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;

const LONGEST_ID: usize = 1_024;

/// A run about to be started: await it to get its [`Handle`].
#[must_use = "nothing is started before this is awaited"]
pub struct Start<S> {
    scoop: Scoop,
    input: Result<Stored, CodecError>,
    id: Option<String>,
    when: When,
    saga: PhantomData<fn() -> S>,
}

#[derive(Clone, Copy, Debug)]
enum When {
    Now,
    At(SystemTime),
    After(Duration),
}

impl<S: Saga> Start<S> {
    pub(crate) fn new(scoop: Scoop, call: SagaCall<S>) -> Self {
        Self { scoop, input: call.input, id: None, when: When::Now, saga: PhantomData }
    }

    /// Gives the run an id of your own: starting a saga twice under one id with the same arguments
    /// is one run.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Stores the run now, and begins it at this time.
    pub fn at(mut self, time: SystemTime) -> Self {
        self.when = When::At(time);
        self
    }

    /// Stores the run now, and begins it after this pause.
    pub fn after(mut self, pause: Duration) -> Self {
        self.when = When::After(pause);
        self
    }

    /// Starts the run from code that is not async.
    ///
    /// # Errors
    /// As `.await`, and inside async code.
    pub fn blocking(self) -> Result<Handle<S>, StartError> {
        let scoop = self.scoop.clone();
        scoop.block_on(self.into_future()).ok_or(StartError::BlockingInAsync)?
    }

    async fn start(self) -> Result<Handle<S>, StartError> {
        let engine = self.scoop.engine();
        let saga = S::descriptor();
        let new = self.new_run(engine, saga)?;
        let (id, key, input) = (new.id, new.key.clone(), new.input.clone());
        let existing = if new.wake_at.is_some() || !engine.serves(saga.description.saga) {
            store_only(engine, saga, new).await?
        } else {
            begin(engine, saga, new).await?
        };
        let run = match existing {
            None => id,
            Some(row) if row.input.same_value(&input) => row.id,
            Some(row) => {
                return Err(StartError::OtherInput {
                    saga: saga.description.saga,
                    id: key.unwrap_or_default(),
                    run: row.id,
                });
            }
        };
        Ok(Handle::new(self.scoop, run))
    }

    fn new_run(&self, engine: &Engine, saga: &SagaDescriptor) -> Result<NewRun, StartError> {
        let name = saga.description.saga;
        if engine.is_stopped() {
            return Err(StartError::ShutDown);
        }
        if let Some(id) = &self.id {
            check_id(id)?;
        }
        let input = match &self.input {
            Ok(input) => input.clone(),
            Err(error) => {
                return Err(StartError::Unstorable { saga: name, error: again(error) });
            }
        };
        let (bytes, limit) = (input.len(), engine.limits.payload);
        if bytes > limit {
            return Err(StartError::TooLarge { saga: name, bytes, limit });
        }
        for resource in (saga.resources)() {
            if engine.serves(name) && !engine.resources.contains(resource) {
                return Err(StartError::MissingResource { saga: name, resource });
            }
        }
        let now = engine.env.now();
        Ok(NewRun {
            id: RunId::from_uuid(engine.env.uuid()),
            saga: name.to_owned(),
            key: self.id.clone(),
            input,
            wake_at: self.when.after(now),
            created_at: now,
        })
    }
}

impl When {
    fn after(self, now: Timestamp) -> Option<Timestamp> {
        let moment = match self {
            Self::Now => return None,
            Self::At(time) => time.into(),
            Self::After(pause) => now.after(pause),
        };
        (moment > now).then_some(moment)
    }
}

/// Stores the run; the worker begins it when its time has come.
async fn store_only(
    engine: &Arc<Engine>,
    saga: &'static SagaDescriptor,
    new: NewRun,
) -> Result<Option<RunRow>, StartError> {
    let run = new.id;
    let work = new_work(engine, saga, &new);
    let update = RunUpdate::default();
    let commit = Commit { run, create: Some(new), update, rows: Vec::new() };
    match engine.writer.commit(commit).await {
        Ok(Committed::KeyTaken(row)) => return Ok(Some(*row)),
        Ok(Committed::Stored | Committed::Stale) => {}
        Err(WriteError::Refused(reason)) => {
            return Err(StartError::CannotBegin { saga: saga.description.saga, reason });
        }
        Err(WriteError::Fenced(_) | WriteError::Closed) => return Err(StartError::ShutDown),
    }
    if engine.serves(saga.description.saga) && engine.live.enter(run, RunStatus::Running) {
        engine.launch(work, None);
    }
    Ok(None)
}

/// Runs the body to its first await point; the run and its first checkpoint are one commit.
async fn begin(
    engine: &Arc<Engine>,
    saga: &'static SagaDescriptor,
    new: NewRun,
) -> Result<Option<RunRow>, StartError> {
    let work = new_work(engine, saga, &new);
    let (stored, is_stored) = oneshot::channel();
    let (left, has_left) = oneshot::channel();
    let run = new.id;
    engine.live.enter(run, RunStatus::Running);
    engine.launch(work, Some(Birth { new, stored, left }));
    if is_stored.await.is_ok() {
        return Ok(None);
    }
    match has_left.await {
        Ok(Leave::Taken(row)) => Ok(Some(*row)),
        Ok(Leave::Parked(reason)) => {
            engine.live.leave(run);
            Err(StartError::CannotBegin { saga: saga.description.saga, reason })
        }
        Ok(Leave::Lost | Leave::Closed(_)) | Err(_) => Err(StartError::ShutDown),
    }
}

fn new_work(engine: &Arc<Engine>, saga: &'static SagaDescriptor, new: &NewRun) -> Work {
    Work {
        engine: Arc::clone(engine),
        run: new.id,
        saga,
        input: new.input.clone(),
        status: RunStatus::Running,
        seq: Seq::NONE,
        failure: None,
        wake_at: new.wake_at,
    }
}

fn check_id(id: &str) -> Result<(), StartError> {
    if id.is_empty() {
        return Err(StartError::BadId("is empty"));
    }
    if id.contains('\0') {
        return Err(StartError::BadId("contains a NUL character"));
    }
    if id.len() > LONGEST_ID {
        return Err(StartError::BadId("is longer than 1,024 bytes"));
    }
    Ok(())
}

/// The same error once more: it cannot be cloned.
fn again(error: &CodecError) -> CodecError {
    use serde::de::Error as _;
    match error {
        CodecError::Encode(inner) => CodecError::Encode(serde_json::Error::custom(inner)),
        CodecError::Decode(inner) => CodecError::Decode(serde_json::Error::custom(inner)),
        CodecError::Format(bytes) => CodecError::Format(bytes.clone()),
    }
}

impl<S: Saga> IntoFuture for Start<S> {
    type Output = Result<Handle<S>, StartError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}

impl<S: Saga> std::fmt::Debug for Start<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start")
            .field("saga", &S::descriptor().description.saga)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
