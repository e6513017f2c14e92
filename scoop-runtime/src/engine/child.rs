//! Does the operation that is a saga: a run of its own, which this one waits for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::execution::{Execution, NotBegun};
use super::held_up::Waiting;
use super::history::PendingRow;
use super::performer::raw;
use super::waits::{For, Waits};
use super::writer::WriteError;
use super::{Ended, Engine, Trouble, branch, executor, history};
use crate::codec::Stored;
use crate::operation::Settled;
use crate::operation::saga::SagaDescriptor;
use crate::protocol::checkpoint::StoredOutcome;
use crate::protocol::commit::Commit;
use crate::protocol::description::Point;
use crate::protocol::failure::{Earlier, FailureKind, StoredFailure};
use crate::protocol::id::RunId;
use crate::protocol::promise::Promise;
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::protocol::spawn::{SPAWN, StoredSpawn};

/// How soon a run that is not driven here is looked at, and how often at last.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

impl Execution {
    /// Begins the saga of this row, or waits for it where it has begun.
    pub(super) async fn child(
        &self,
        point: &'static Point,
        pending: &PendingRow,
        run: RunId,
        again: bool,
    ) -> Settled {
        let name = pending.row.operation.as_deref().unwrap_or_default();
        if again && let Some(halt) = self.halted().await {
            match self.engine.read(|| self.engine.store.run(run)).await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let hop = self.hop(Some(point), Some(name), 0);
                    return self.interrupted(pending.row.seq, hop, &halt);
                }
                Err(error) => return self.park(error.to_string()).await,
            }
        }
        let begun = match self
            .begin_child(self.below(pending, name, run), again)
            .await
        {
            Ok(begun) => begun,
            Err(Trouble::ShutDown) => return self.left().await,
            Err(trouble) => return self.park(trouble.reason()).await,
        };
        if let Err(reason) = begun {
            return self.park(reason).await;
        }
        match self.end_of_child(run).await {
            Err(Trouble::ShutDown) => self.left().await,
            Err(trouble) => self.park(trouble.reason()).await,
            Ok(ended) => self.child_ended(point, pending, name, ended).await,
        }
    }

    /// Waits for the run below; where this one is to end, that one is to end first.
    async fn end_of_child(&self, run: RunId) -> Result<Ended, Trouble> {
        let ending = self.end_of(run, RunStatus::is_final);
        tokio::pin!(ending);
        let halt = tokio::select! {
            biased;
            ended = &mut ending => return ended,
            halt = self.halt() => halt,
        };
        let reason = halt.reason_below(self);
        // If it does not run forward it is on its way to an end, or there. Both go on, because whoever
        // waits may have a connection that others need.
        let cancelling = async {
            let _stirring = self.waits.stir();
            let cancelled = self.engine.request_cancel(run, &reason).await;
            self.waits.restart(self.now());
            // It ends sooner than it would have.
            self.engine.news.tell(run);
            cancelled
        };
        let (_, ended) = tokio::try_join!(cancelling, ending)?;
        Ok(ended)
    }

    /// Waits for the run below. Beside others this one gives its place in a queue to others and goes on
    /// without, until all have ended: what it awaits may be of the same queue.
    pub(super) async fn end_of(
        &self,
        run: RunId,
        is_over: fn(RunStatus) -> bool,
    ) -> Result<Ended, Trouble> {
        let engine = &self.engine;
        if !branch::is_one_of_several() {
            return engine.end_of(&self.waits, run, is_over).await;
        }
        let was_absent = std::mem::replace(&mut self.state().absent, true);
        if !was_absent {
            engine.leave_queue(self.run).await?;
        }
        engine.watch_end(&self.waits, run, is_over).await
    }

    /// After several operations: goes on at once, or, without a place in its queue, when it has one.
    pub(super) async fn come_back(&self) {
        if branch::is_one_of_several() || !std::mem::take(&mut self.state().absent) {
            return;
        }
        match self.engine.come_back(self.run).await {
            Ok(true) => {}
            Ok(false) | Err(Trouble::ShutDown) => drop(self.left().await),
            Err(trouble) => drop(self.park(trouble.reason()).await),
        }
    }

    /// The run of the saga that this row awaits.
    fn below(&self, pending: &PendingRow, name: &str, run: RunId) -> Result<NewRun, String> {
        let input = pending.row.arguments.clone();
        let input = input.ok_or_else(|| history::no_arguments(name))?;
        Ok(NewRun {
            parent: Some(self.run),
            depth: self.depth + 1,
            ..self.another(run, name, input)
        })
    }

    /// A run that this one starts: as urgent as it, where its saga says nothing else.
    fn another(&self, run: RunId, name: &str, input: Stored) -> NewRun {
        let known = self.engine.registry.linked_saga(name);
        let queue = known.and_then(|saga| saga.queue);
        NewRun {
            id: run,
            saga: name.to_owned(),
            key: None,
            input,
            wake_at: None,
            owned: false,
            parent: None,
            depth: 0,
            priority: known
                .and_then(|saga| saga.priority)
                .unwrap_or(self.priority),
            queue: queue.map(ToOwned::to_owned),
            created_at: self.now(),
        }
    }

    /// Starts the saga that this row does not wait for.
    pub(super) async fn spawn(&self, pending: &PendingRow, again: bool) -> Settled {
        let spawned: Result<Option<StoredSpawn>, Trouble> =
            history::decode(self.run, "saga to spawn", pending.row.arguments.as_ref());
        let spawned = match spawned {
            Ok(Some(spawned)) => spawned,
            Ok(None) => return self.park(history::no_arguments(SPAWN)).await,
            Err(trouble) => return self.park(trouble.reason()).await,
        };
        let input = Stored::from_json(spawned.input.get());
        let new = self.another(spawned.run, &spawned.saga, input);
        match self.begin_child(Ok(new), again).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return self.park(why).await,
            Err(Trouble::ShutDown) => return self.left().await,
            Err(trouble) => return self.park(trouble.reason()).await,
        }
        match Stored::encode(&spawned.run) {
            Ok(run) => {
                self.set_outcome(StoredOutcome::Done(raw(&run)));
                Settled::Stored(Ok(run))
            }
            Err(error) => self.park(error.to_string()).await,
        }
    }

    /// Makes the run. In the inner `Err`, why it cannot begin.
    async fn begin_child(
        &self,
        new: Result<NewRun, String>,
        again: bool,
    ) -> Result<Result<(), String>, Trouble> {
        let engine = &self.engine;
        let mut new = match new {
            Ok(new) => new,
            Err(why) => return Ok(Err(why)),
        };
        if again && engine.read(|| engine.store.run(new.id)).await?.is_some() {
            return Ok(Ok(()));
        }
        let saga = engine.registry.saga(&new.saga);
        new.owned = saga.is_ok() && new.queue.is_none();
        match saga {
            Ok(saga) if new.queue.is_none() => self.begin_here(saga, new).await,
            _ => self.begin_elsewhere(new).await,
        }
    }

    async fn begin_here(
        &self,
        saga: &'static SagaDescriptor,
        new: NewRun,
    ) -> Result<Result<(), String>, Trouble> {
        let (sender, begun) = oneshot::channel();
        let (run, engine) = (new.id, &self.engine);
        let task = executor::begin(engine.clone(), saga, new, sender);
        engine.drive_run(run, task);
        match engine.begun(run, begun).await {
            Ok(Ok(_)) => Ok(Ok(())),
            Ok(Err(NotBegun::Refused(reason))) => {
                let name = saga.description.saga;
                Ok(Err(format!("the saga `{name}` cannot begin: {reason}")))
            }
            // Its id is new; a worker that may write nothing more does not begin anything either.
            Ok(Err(NotBegun::Taken(_))) | Err(Trouble::PerhapsStarted) => Err(Trouble::ShutDown),
            Err(trouble) => Err(trouble),
        }
    }

    /// For a worker that has that saga, or a place in its queue.
    async fn begin_elsewhere(&self, new: NewRun) -> Result<Result<(), String>, Trouble> {
        let commit = Commit {
            run: new.id,
            create: Some(new),
            update: RunUpdate::default(),
            rows: Vec::new(),
        };
        match self.engine.writer.write(commit).await {
            Ok(_) => {
                self.engine.places.want();
                self.engine.hints.due();
                Ok(Ok(()))
            }
            Err(WriteError::Stopped) => Err(Trouble::ShutDown),
            Err(WriteError::Refused(why)) => Ok(Err(why)),
        }
    }

    async fn child_ended(
        &self,
        point: &'static Point,
        pending: &PendingRow,
        name: &str,
        ended: Ended,
    ) -> Settled {
        if let (RunStatus::Completed, Some(output)) = (ended.status, ended.output) {
            self.set_outcome(StoredOutcome::Done(raw(&output)));
            return Settled::Saga(Ok(output));
        }
        let below: Result<Option<StoredFailure>, Trouble> =
            history::decode(self.run, "failure below", ended.failure.as_ref());
        let below = match below {
            Ok(Some(below)) => Box::new(below),
            Ok(None) => {
                let why = format!("`{name}` is {}, and nothing says why", ended.status);
                return self.park(why).await;
            }
            Err(trouble) => return self.park(trouble.reason()).await,
        };
        let hop = self.hop(Some(point), Some(name), 1);
        // Cancelled because of this run, which says why itself.
        let halt = match below.kind {
            FailureKind::Cancelled => self.halted().await,
            _ => None,
        };
        let (kind, error) = match halt {
            Some(halt) => (halt.kind, halt.error()),
            None => (below.kind, below.error.clone()),
        };
        self.set_outcome(StoredOutcome::Failed(error.clone()));
        let earlier = Earlier {
            hop: hop.clone(),
            error: error.clone(),
            below: Some(below.clone()),
        };
        self.note_failure(pending.row.seq, earlier);
        Settled::Saga(Err(Box::new(StoredFailure {
            below: Some(below),
            ..StoredFailure::new(kind, error, hop)
        })))
    }

    /// Refuses to go deeper than the limit.
    pub(super) fn too_deep(&self, point: &'static Point, saga: &SagaDescriptor) -> Option<Settled> {
        let limit = self.engine.limits.depth;
        if self.depth < limit {
            return None;
        }
        let name = saga.description.saga;
        let message = format!(
            "`{name}` would be awaited below {} other runs, and the limit is {limit}: does it await \
             itself without end?",
            self.depth + 1
        );
        Some(self.unsettled(FailureKind::TooDeep, message, point, name))
    }
}

/// The run of the saga that a row awaits.
pub(super) fn run_of(promise: Option<Promise>) -> Option<RunId> {
    match promise {
        Some(Promise::Saga(run)) => Some(run),
        _ => None,
    }
}

impl Engine {
    /// Waits, for a run that awaits it, until another run is over: however long that takes, unless
    /// the worker closes. It may leave memory meanwhile.
    pub(super) async fn watch_end(
        self: &Arc<Self>,
        above: &Waits,
        run: RunId,
        is_over: fn(RunStatus) -> bool,
    ) -> Result<Ended, Trouble> {
        let mut news = self.news.listen(run);
        let [mut pause, most] = LOOK_AGAIN;
        let (waiting, since) = (Waiting::new(self, above.run, run), self.environment.now());
        // One of several: the run has others under way.
        let _absent = (!branch::is_one_of_several()).then(|| self.places.leave());
        loop {
            let mut longest = most;
            let driven = news.is_driven();
            if driven {
                waiting.look(None);
            } else {
                let row = self.read(|| self.store.run(run)).await?;
                let row = row.ok_or_else(|| Trouble::NoRun(run.to_string()))?;
                if is_over(row.status) {
                    return Ok(row.into());
                }
                waiting.look(Some(&row));
                longest = most.max(self.look_again(&row));
                if longest > most {
                    pause = longest;
                }
            }
            // Who is held up is there to say so. While the store is asked it does not rest: it would have
            // a connection that others need.
            let _resting = (!waiting.is_held_up()).then(|| above.rest(For::Run(run), since));
            tokio::select! {
                () = self.closing() => return Err(Trouble::ShutDown),
                ended = news.next() => {
                    if let Some(ended) = ended.filter(|ended| is_over(ended.status)) {
                        return Ok(ended);
                    }
                    pause = LOOK_AGAIN[0];
                }
                () = self.environment.sleep(pause), if !driven => pause = longest.min(pause * 2),
            }
        }
    }
}
