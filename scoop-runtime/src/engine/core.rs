//! What all tasks of one runtime share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{oneshot, watch};

use super::Trouble;
use super::alarm::Alarm;
use super::held_up::HeldUp;
use super::hints::Hints;
use super::limits::Limits;
use super::news::{Driving, News};
use super::places::{Place, Places};
use super::pulse::Pulse;
use super::queues::Queues;
use super::reading;
use super::registry::Registry;
use super::writer::Writer;
use crate::environment::{BoxFuture, Environment};
use crate::protocol::id::{Fence, RunId};
use crate::resource::Resources;
use crate::store::{Store, StoreError};

/// One runtime's store, writer, registry and the rest.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) fence: Fence,
    pub(crate) writer: Writer,
    /// Whether this worker may begin anything.
    pub(crate) pulse: Pulse,
    pub(crate) registry: Registry,
    pub(crate) resources: Resources,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) limits: Limits,
    /// Whether this process runs sagas, or only starts them and asks for them.
    pub(crate) works: bool,
    /// Why runs cannot be continued by this build.
    parked: Mutex<HashMap<RunId, String>>,
    /// Which runs wait for one that is stuck or parked.
    pub(super) held_up: HeldUp,
    /// Who waits for which run.
    pub(crate) news: News,
    /// For how many runs there is room.
    pub(super) places: Places,
    /// What is said to other processes.
    pub(super) hints: Arc<Hints>,
    /// Which of the runs are of queues.
    pub(super) queues: Queues,
    /// When to look for runs that nobody has.
    pub(super) alarm: Arc<Alarm>,
    /// Whether nothing is to be begun any more.
    pub(super) closing: watch::Sender<bool>,
    /// How many runs are being driven.
    pub(super) runs: watch::Sender<usize>,
    /// Whether the tasks of this runtime have to end.
    stop: watch::Sender<bool>,
    /// How many tasks there are.
    driven: watch::Sender<usize>,
}

/// Counts a task for as long as it lives, even where it ends with a panic.
struct Driven(watch::Sender<usize>);

impl Driven {
    fn count(tasks: &watch::Sender<usize>) -> Self {
        tasks.send_modify(|count| *count += 1);
        Self(tasks.clone())
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// What a runtime is made of.
pub(crate) struct Parts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) fence: Fence,
    pub(crate) pulse: Pulse,
    pub(crate) registry: Registry,
    pub(crate) resources: Resources,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) limits: Limits,
    pub(crate) works: bool,
    pub(crate) listens: bool,
}

/// What is held while a run is driven.
struct Driver {
    driving: Driving,
    _place: Place,
    _counted: Driven,
}

impl Engine {
    pub(crate) fn new(parts: Parts) -> Self {
        let stop = watch::Sender::new(false);
        let alarm = Arc::<Alarm>::default();
        let hints = Arc::new(Hints::new(parts.listens));
        let (bell, told) = (Arc::clone(&alarm), Arc::clone(&hints));
        let writer = Writer::spawn(
            Arc::clone(&parts.store),
            parts.fence.clone(),
            &parts.environment,
            stop.clone(),
            Box::new(move || {
                bell.ring();
                told.due();
            }),
        );
        Self {
            store: parts.store,
            fence: parts.fence,
            writer,
            pulse: parts.pulse,
            registry: parts.registry,
            resources: parts.resources,
            environment: parts.environment,
            limits: parts.limits,
            works: parts.works,
            parked: Mutex::default(),
            held_up: HeldUp::default(),
            news: News::default(),
            places: Places::new(parts.limits.running, Arc::clone(&alarm)),
            queues: Queues::new(Arc::clone(&alarm)),
            hints,
            alarm,
            closing: watch::Sender::new(false),
            runs: watch::Sender::new(0),
            stop,
            driven: watch::Sender::new(0),
        }
    }

    /// Drives a run that has to run, whether there is room for it or not.
    pub(crate) fn drive_run(
        self: &Arc<Self>,
        run: RunId,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.drive_in(self.places.force(), run, task);
    }

    /// Drives a run in its place; those who wait for it hear when that is over.
    pub(super) fn drive_in(
        self: &Arc<Self>,
        place: Place,
        run: RunId,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let driver = Driver {
            driving: self.news.drive(run),
            _place: place,
            _counted: Driven::count(&self.runs),
        };
        self.spawn(Box::pin(task), Some(driver));
    }

    /// Runs a task; it is dropped when the runtime stops.
    pub(crate) fn drive(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(Box::pin(task), None);
    }

    /// Does this to its end, also where whoever asked is gone before: what was written has to be told.
    pub(super) async fn see_through<T: Send + 'static>(
        self: &Arc<Self>,
        doing: impl Future<Output = Result<T, Trouble>> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (told, answer) = oneshot::channel();
        self.drive(async move { drop(told.send(doing.await)) });
        answer.await.unwrap_or(Err(Trouble::ShutDown))
    }

    /// The task comes in a box, because each future around it would hold it twice: as it was given
    /// and as it is polled.
    fn spawn(self: &Arc<Self>, task: BoxFuture<'static, ()>, driver: Option<Driver>) {
        let engine = Arc::clone(self);
        let driven = Driven::count(&self.driven);
        self.environment.spawn(Box::pin(async move {
            let (_driven, driver) = (driven, driver);
            // Dropped before those say that it is.
            let mut task = task;
            let mut stop = engine.stop.subscribe();
            let run = driver.as_ref().map(|driver| driver.driving.run());
            let is_over = |stop: &bool| *stop || run.is_some_and(|run| engine.news.is_let_go(run));
            tokio::select! {
                biased;
                _ = stop.wait_for(is_over) => {}
                () = &mut task => {}
            }
        }));
    }

    /// Ends all tasks, and waits until they have and what was being written is.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        drop(self.driven.subscribe().wait_for(|count| *count == 0).await);
        self.writer.flush().await;
    }

    /// Reads for a run, which waits while the store is away.
    pub(crate) async fn read<'a, T>(
        &self,
        read: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        reading::patiently(&*self.environment, read).await
    }

    /// Reads for a caller outside, who is told when the store stays away.
    pub(crate) async fn ask<'a, T>(
        &self,
        read: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        reading::boundedly(&*self.environment, read).await
    }

    /// Listens to other processes from now on.
    pub(crate) fn hear(&self) {
        self.hints.want();
    }

    /// Ends all tasks without waiting.
    pub(crate) fn stop_soon(&self) {
        self.stop.send_replace(true);
    }

    /// Ends the task that drives a run, as a crash would, and waits until it has.
    pub(super) async fn let_go(&self, run: RunId) {
        let mut listening = self.news.listen(run);
        self.news.let_go(run);
        self.wake_all();
        while listening.is_driven() {
            listening.next().await;
        }
    }

    /// Has each task look whether it is to end.
    pub(super) fn wake_all(&self) {
        self.stop.send_modify(|_| {});
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Parks a run: this build cannot continue it. Nothing is written.
    pub(crate) fn park(&self, run: RunId, reason: String) {
        tracing::error!(%run, reason, "a run is parked");
        self.parked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(run, reason);
        self.news.tell(run);
    }

    pub(crate) fn parked(&self, run: RunId) -> Option<String> {
        self.parked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&run)
            .cloned()
    }

    pub(crate) fn all_parked(&self) -> HashMap<RunId, String> {
        let parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        parked.clone()
    }

    /// The run below this one that is stuck or parked, so that this one cannot go on.
    pub(crate) fn held_up_by(&self, run: RunId) -> Option<RunId> {
        self.held_up.by(run)
    }

    pub(crate) fn unpark(&self, run: RunId) {
        self.parked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&run);
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}
