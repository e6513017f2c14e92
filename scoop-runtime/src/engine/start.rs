//! Starting a saga.

mod within;

pub use within::start_in;

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::execution::{Begun, NotBegun};
use super::places::Place;
use super::writer::WriteError;
use super::{Engine, Scoop, Trouble, executor, take};
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
    priority: Option<i8>,
    queue: Option<String>,
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
            priority: None,
            queue: None,
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

    /// How urgent the run is, and the runs that it awaits, unless their sagas say otherwise: from -128 to
    /// 127, the greater the more urgent. 0 unless set here or with `#[saga(priority = ..)]`.
    ///
    /// Where more runs are due than workers have room for, the most urgent is taken up first, and of
    /// equally urgent ones the one that has been due for the longest time. Nothing waits for ever behind
    /// what is more urgent: a level counts as an hour of waiting. A run that is under way is never
    /// interrupted.
    pub const fn priority(mut self, priority: i8) -> Self {
        self.priority = Some(priority);
        self
    }

    /// The queue of the run, of which only so many run at once: see
    /// [`Connect::queue`](super::Connect::queue). The runs that it awaits are of the queues that their
    /// sagas name with `#[saga(queue = "..")]`, or of none.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
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

    /// The run that is to be made.
    fn new_run(self) -> Result<NewRun, Trouble> {
        let engine = self.scoop.engine();
        let now = engine.environment.now();
        let wake_at = self.wake.map(|wake| match wake {
            Wake::At(time) => time,
            Wake::After(duration) => now.after(duration),
        });
        let (limit, uuid) = (engine.limits.payload, engine.environment.uuid());
        let new = new_run(self.call, self.id, limit, (now, uuid))?;
        let queue = self.queue.or(new.queue);
        queue.as_deref().map_or(Ok(()), check_queue)?;
        Ok(NewRun {
            wake_at,
            priority: self.priority.unwrap_or(new.priority),
            queue,
            ..new
        })
    }

    async fn start(self) -> Result<Handle<S>, Trouble> {
        let engine = Arc::clone(self.scoop.engine());
        if engine.is_stopped() {
            return Err(Trouble::NotStarted);
        }
        let saga = S::descriptor();
        let name = saga.description.saga;
        let scoop = self.scoop.clone();
        let mut new = self.new_run()?;
        let (input, wake_at) = (new.input.clone(), new.wake_at);
        if let Some(id) = &new.key
            && let Some(run) = engine.ask(|| engine.store.run_by_key(name, id)).await?
        {
            return same_run::<S>(&run, &input).map(|run| Handle::new(scoop, run));
        }
        if engine.works && wake_at.is_none() {
            engine.registry.saga(name).map_err(Trouble::NotAllowed)?;
        }
        let place = place(&engine, &new);
        new.owned = place.is_some();
        let begun = match place {
            Some(place) if wake_at.is_none() => {
                let (sender, begun) = oneshot::channel();
                let run = new.id;
                let task = executor::begin(Arc::clone(&engine), saga, new, sender);
                engine.drive_in(place, run, task);
                engine.begun(run, begun).await?
            }
            place => {
                let inserting = insert(Arc::clone(&engine), new, place);
                match engine.see_through(inserting).await {
                    Err(Trouble::ShutDown) => return Err(Trouble::PerhapsStarted),
                    begun => begun?,
                }
            }
        };
        match begun {
            Ok(run) => Ok(Handle::new(scoop, run)),
            Err(NotBegun::Taken(other)) => {
                same_run::<S>(&other, &input).map(|run| Handle::new(scoop, run))
            }
            Err(NotBegun::Refused(reason)) => Err(Trouble::NotAllowed(format!(
                "the saga `{name}` cannot begin: {reason}"
            ))),
        }
    }
}

impl Engine {
    /// Waits for what the first commit of a new run came to. The task that makes it may end before it has
    /// said so, where the run is requeued as soon as it is there: then the store knows.
    pub(super) async fn begun(
        &self,
        run: RunId,
        begun: oneshot::Receiver<Begun>,
    ) -> Result<Begun, Trouble> {
        if let Ok(begun) = begun.await {
            return Ok(begun);
        }
        if !self.is_stopped() && self.read(|| self.store.run(run)).await?.is_some() {
            return Ok(Ok(run));
        }
        Err(Trouble::PerhapsStarted)
    }
}

/// A place for a new run, where this process drives it, has room, and the start is not far away. What is of
/// a queue has to be claimed.
fn place(engine: &Engine, new: &NewRun) -> Option<Place> {
    let far = new.wake_at.is_some_and(|at| engine.is_far(at));
    if !engine.works || far || new.queue.is_some() {
        return None;
    }
    engine.places.take(1).one()
}

/// Stores a run without running its body, and has it driven in its place; where it has none, when it
/// is due and there is room.
async fn insert(engine: Arc<Engine>, new: NewRun, place: Option<Place>) -> Result<Begun, Trouble> {
    let (run, wake_at) = (new.id, new.wake_at);
    let commit = Commit {
        run,
        create: Some(new),
        update: RunUpdate::default(),
        rows: Vec::new(),
    };
    let taken = place.is_some();
    let written = match place {
        Some(place) => take::take(&engine, place, commit).await,
        None => engine.writer.write(commit).await,
    };
    match written {
        Ok(Committed::Stored | Committed::StoredAndWoke) => {
            match wake_at {
                _ if taken => {}
                _ if !engine.works => engine.hints.due(),
                Some(at) if engine.is_far(at) => engine.alarm.set(at),
                _ => {
                    engine.places.want();
                    engine.hints.due();
                }
            }
            Ok(Ok(run))
        }
        Ok(Committed::KeyTaken(other)) => Ok(Err(NotBegun::Taken(other))),
        Ok(Committed::Stale) | Err(WriteError::Stopped) => Err(Trouble::PerhapsStarted),
        Err(WriteError::Refused(why)) => Err(crate::store::StoreError::Refused(why).into()),
    }
}

/// A run to be made at once, by nobody yet.
fn new_run<S: Saga>(
    call: SagaCall<S>,
    key: Option<String>,
    limit: usize,
    (now, uuid): (Timestamp, Uuid),
) -> Result<NewRun, Trouble> {
    check_id(key.as_deref())?;
    let saga = S::descriptor();
    let name = saga.description.saga;
    let input = call.input.map_err(|error| Trouble::Input {
        saga: name.to_owned(),
        error,
    })?;
    check_size(name, &input, limit)?;
    Ok(NewRun {
        id: RunId::from_uuid(uuid),
        saga: name.to_owned(),
        key,
        input,
        wake_at: None,
        owned: false,
        parent: None,
        depth: 0,
        priority: saga.priority.unwrap_or_default(),
        queue: saga.queue.map(ToOwned::to_owned),
        created_at: now,
    })
}

fn same_run<S: Saga>(run: &RunRow, input: &Stored) -> Result<RunId, Trouble> {
    if is_same(S::descriptor(), &run.input, input) {
        return Ok(run.id);
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

/// Whether this can be the name of a queue.
pub(super) fn check_queue(name: &str) -> Result<(), Trouble> {
    let why = match name {
        "" => "is empty",
        name if name.len() > LONGEST_ID => "is longer than 1,024 bytes",
        name if name.contains('\0') => "contains a NUL character",
        _ => return Ok(()),
    };
    Err(Trouble::NotAllowed(format!("the name of the queue {why}")))
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
