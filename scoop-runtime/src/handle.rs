//! A started saga, as the one who started it holds it.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

use crate::codec::Stored;
use crate::context::context;
use crate::engine::{Ended, Scoop, Trouble};
use crate::environment::BoxFuture;
use crate::error::SagaError;
use crate::operation::{Saga, SagaCall};
use crate::protocol::failure::StoredFailure;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};

/// A run of saga `S`.
pub struct Handle<S> {
    scoop: Scoop,
    run: RunId,
    saga: PhantomData<fn() -> S>,
}

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It runs forward, waits, or will start later.
    Running,
    /// It failed and is being undone.
    RollingBack,
    /// A compensation failed for good, or the saga failed past its pivot: an operator has to look at
    /// it.
    Stuck,
    /// It returned a value.
    Completed,
    /// It failed and is undone; or it failed past its pivot, and an operator finished by hand what it
    /// left.
    RolledBack,
    /// This build cannot continue it, for this reason.
    Parked(String),
}

/// How a run stands, as far as a waiting caller is concerned.
enum Standing {
    Ended(Box<Ended>),
    /// To be looked at again after this time.
    Going(Duration),
}

impl<S: Saga> Handle<S> {
    pub(crate) const fn new(scoop: Scoop, run: RunId) -> Self {
        Self {
            scoop,
            run,
            saga: PhantomData,
        }
    }

    /// The id of the run.
    #[must_use]
    pub const fn id(&self) -> RunId {
        self.run
    }

    /// What the run is doing.
    ///
    /// # Errors
    /// When the store cannot be asked, or the run was removed.
    pub async fn status(&self) -> Result<Status, Trouble> {
        let row = self.row().await?;
        if row.status.is_active()
            && let Some(reason) = self.scoop.engine().parked(self.run)
        {
            return Ok(Status::Parked(reason));
        }
        Ok(match row.status {
            RunStatus::Running => Status::Running,
            RunStatus::RollingBack => Status::RollingBack,
            RunStatus::Stuck => Status::Stuck,
            RunStatus::Completed => Status::Completed,
            RunStatus::RolledBack => Status::RolledBack,
        })
    }

    /// Waits until the run has ended, and gives what it returned.
    ///
    /// # Errors
    /// When the saga failed; at once when it is stuck, or parked, or waits for a saga that is (that
    /// one is reported), or this runtime stops.
    pub async fn wait(&self) -> Result<S::Ok, SagaError<S::Error>> {
        let engine = self.scoop.engine();
        engine.hear();
        let (mut news, mut stop) = (engine.news.listen(self.run), engine.stopping());
        loop {
            // There will be news of what is driven here, so the store need not be asked.
            let driven = news.is_driven() && engine.parked(self.run).is_none();
            let mut pause = Duration::ZERO;
            if !driven {
                match self.standing().await.map_err(SagaError::from_trouble)? {
                    Standing::Ended(ended) => return self.outcome(&ended),
                    Standing::Going(again) => pause = again,
                }
            }
            if let Some(below) = engine.held_up_by(self.run)
                && let Some(error) = self.held_up_by(below).await
            {
                return Err(error);
            }
            tokio::select! {
                ended = news.next() => {
                    if let Some(ended) = ended {
                        return self.outcome(&ended);
                    }
                }
                _ = stop.wait_for(|stop| *stop) => {
                    return Err(SagaError::from_trouble(Trouble::ShutDown));
                }
                () = engine.environment.sleep(pause), if !driven => {}
            }
        }
    }

    /// [`wait`](Self::wait) without async code.
    ///
    /// # Errors
    /// As there; and inside async code.
    pub fn wait_blocking(&self) -> Result<S::Ok, SagaError<S::Error>> {
        match self.scoop.block_on(self.wait()) {
            Ok(result) => result,
            Err(trouble) => Err(SagaError::from_trouble(trouble)),
        }
    }

    /// Cancels the run, with all runs that it awaits, as [`Admin::cancel`](crate::engine::admin::Admin::cancel)
    /// does without a reason. What waits ends at once, what is under way is waited for; then the run
    /// rolls back, and [`wait`](Self::wait) says so with
    /// [`FailureKind::Cancelled`](crate::protocol::failure::FailureKind::Cancelled).
    ///
    /// Past its pivot a run goes on, whoever cancels it. Where it rolls back already there is nothing
    /// more to do.
    ///
    /// # Errors
    /// When the run has ended, or is stuck; when the store cannot be asked.
    pub async fn cancel(&self) -> Result<(), Trouble> {
        self.scoop.engine().cancel(self.run, "").await
    }

    /// What the run returned, if it has ended.
    pub async fn result(&self) -> Option<Result<S::Ok, SagaError<S::Error>>> {
        match self.standing().await {
            Ok(Standing::Ended(ended)) => Some(self.outcome(&ended)),
            Ok(Standing::Going(_)) => None,
            Err(trouble) => Some(Err(SagaError::from_trouble(trouble))),
        }
    }

    async fn row(&self) -> Result<RunRow, Trouble> {
        let engine = self.scoop.engine();
        let row = engine.ask(|| engine.store.run(self.run)).await?;
        row.ok_or_else(|| Trouble::NoRun(self.run.to_string()))
    }

    async fn standing(&self) -> Result<Standing, Trouble> {
        let row = self.row().await?;
        if !row.status.is_active() {
            return Ok(Standing::Ended(Box::new(row.into())));
        }
        match self.scoop.engine().parked(self.run) {
            Some(reason) => Err(Trouble::Parked {
                run: self.run,
                reason,
            }),
            None => Ok(Standing::Going(self.scoop.engine().look_again(&row))),
        }
    }

    /// What there is to tell of a run below that is stuck or parked; nothing, where it is so no longer.
    async fn held_up_by(&self, below: RunId) -> Option<SagaError<S::Error>> {
        let engine = self.scoop.engine();
        if let Some(reason) = engine.parked(below) {
            let parked = Trouble::Parked { run: below, reason };
            return Some(SagaError::from_trouble(parked));
        }
        let row = match engine.ask(|| engine.store.run(below)).await {
            Ok(row) => row.filter(|row| row.status == RunStatus::Stuck)?,
            Err(error) => return Some(SagaError::from_trouble(Trouble::from(error))),
        };
        Some(match row.failure?.decode::<StoredFailure>() {
            Ok(failure) => SagaError::from_run(failure, None, true),
            Err(error) => SagaError::from_trouble(Trouble::Unreadable {
                run: below,
                what: "failure",
                error,
            }),
        })
    }

    fn outcome(&self, ended: &Ended) -> Result<S::Ok, SagaError<S::Error>> {
        let unreadable = |what, error| {
            SagaError::from_trouble(Trouble::Unreadable {
                run: self.run,
                what,
                error,
            })
        };
        if ended.status == RunStatus::Completed
            && let Some(output) = &ended.output
        {
            return S::decode_ok(output).map_err(|error| unreadable("result", error));
        }
        let Some(stored) = &ended.failure else {
            return Err(SagaError::from_trouble(Trouble::NoRun(
                self.run.to_string(),
            )));
        };
        let failure: StoredFailure = stored
            .decode()
            .map_err(|error| unreadable("failure", error))?;
        let value = failure.error.value.as_ref();
        let error = value.and_then(|raw| S::decode_error(&Stored::from_json(raw.get())).ok());
        let stuck = ended.status == RunStatus::Stuck;
        Err(SagaError::from_run(failure, error, stuck))
    }
}

impl<S: Saga> IntoFuture for SagaCall<S> {
    type Output = Result<S::Ok, SagaError<S::Error>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    /// Runs the saga on the runtime of this task or process, and waits for its end.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if let Some(step) = context() {
                let point = step.point().to_owned();
                return Err(SagaError::from_trouble(Trouble::InsideStep(point)));
            }
            let scoop = Scoop::current().map_err(SagaError::from_trouble)?;
            let handle = scoop.start(self).await.map_err(SagaError::from_trouble)?;
            handle.wait().await
        })
    }
}

impl<S> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}
