//! What an operator can see and do: look at runs, put right what is stuck, undo what had ended,
//! remove what is old. Who decided what, and why, is stored with the run.

mod all;
mod awaited;
mod below;
mod decide;
mod inspect;
mod inspection;
mod remove;
mod report;
mod requeue;
mod stuck;
mod undo;

use super::{Scoop, Trouble, history};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::failure::CompensationResult;
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::RunRow;
use crate::store::RunFilter;

pub use self::all::{All, Bulk, Refusal};
pub use self::inspection::{Awaited, Block, Inspection, Local, Stand, Undoable, Until, Waits};
pub use self::remove::Remove;

/// What an operator can see and do.
#[derive(Clone, Debug)]
pub struct Admin {
    scoop: Scoop,
    actor: Option<String>,
}

/// A run that this program cannot continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The run.
    pub run: RunId,
    /// The stored name of its saga.
    pub saga: String,
    /// Why this program cannot continue it.
    pub reason: String,
}

impl Admin {
    pub(super) const fn new(scoop: Scoop) -> Self {
        Self { scoop, actor: None }
    }

    /// Says who decides: stored with each decision, as `actor` in the arguments of its row.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Runs in the order in which they were started. One that is [parked](Self::parked) has the
    /// status that it had before: another build may be able to continue it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn list(&self, filter: &RunFilter) -> Result<Vec<RunRow>, Trouble> {
        if filter.parked {
            return self.list_parked(filter).await;
        }
        let engine = self.scoop.engine();
        Ok(engine.ask(|| engine.store.runs(filter)).await?)
    }

    /// A run and all that it did so far, oldest first.
    ///
    /// # Errors
    /// When the store cannot be asked, or there is no such run.
    pub async fn show(&self, run: RunId) -> Result<(RunRow, Vec<CheckpointRow>), Trouble> {
        let row = self.run(run).await?;
        Ok((row, history::rows(self.scoop.engine(), run).await?))
    }

    /// The runs that this process came upon and cannot continue, in the order in which they were
    /// started: their saga, await point or step is not in this build, or what is stored of them
    /// cannot be read. Nothing is written of that. They wait for a build that can continue them;
    /// this one tries again when it is started again. Each is also told when it is found, by a
    /// `tracing` event of level `ERROR` with the fields `run` and `reason`: "a run is parked".
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn parked(&self) -> Result<Vec<Parked>, Trouble> {
        let engine = self.scoop.engine();
        let rows = self.parked_rows().await?;
        let parked = rows.into_iter().map(|row| Parked {
            run: row.id,
            reason: engine.parked(row.id).unwrap_or_default(),
            saga: row.saga,
        });
        Ok(parked.collect())
    }

    async fn list_parked(&self, filter: &RunFilter) -> Result<Vec<RunRow>, Trouble> {
        let mut rows = self.parked_rows().await?;
        rows.retain(|row| filter.fits(row) && filter.after.is_none_or(|after| row.id > after));
        rows.truncate(filter.limit as usize);
        Ok(rows)
    }

    /// The runs that are parked here, in the order of their ids.
    async fn parked_rows(&self) -> Result<Vec<RunRow>, Trouble> {
        let engine = self.scoop.engine();
        let mut parked = Vec::new();
        for run in engine.all_parked().into_keys() {
            match engine.ask(|| engine.store.run(run)).await? {
                Some(row) if row.status.is_active() => parked.push(row),
                // Another worker has ended it since.
                _ => engine.unpark(run),
            }
        }
        parked.sort_by_key(|row| row.id);
        Ok(parked)
    }

    /// Has the stuck compensation of a run tried again, as often as its policy says.
    ///
    /// # Errors
    /// When the run is not stuck, or is stuck because it failed past its pivot.
    pub async fn retry(&self, run: RunId) -> Result<(), Trouble> {
        self.decide(run, decide::Decision::Retry).await
    }

    /// Leaves the stuck compensation of a run undone, and goes on with the next one. The reason is
    /// stored.
    ///
    /// # Errors
    /// When the run is not stuck, or is stuck because it failed past its pivot.
    pub async fn skip(&self, run: RunId, reason: impl Into<String>) -> Result<(), Trouble> {
        let reason = reason.into();
        let skipped = CompensationResult::Skipped { reason };
        self.decide(run, decide::Decision::Done(skipped)).await
    }

    /// Says that the stuck compensation of a run was done by hand, and goes on with the next one. The
    /// reason is stored.
    ///
    /// Of a run that failed past its pivot nothing is undone, neither what it did before the pivot
    /// nor after it. Resolving it says that what it left was finished by hand: the run ends, and is
    /// from then on like one that was rolled back, with the reason in its report.
    ///
    /// # Errors
    /// When the run is not stuck.
    pub async fn resolve(&self, run: RunId, reason: impl Into<String>) -> Result<(), Trouble> {
        let reason = reason.into();
        let resolved = CompensationResult::Resolved { reason };
        self.decide(run, decide::Decision::Done(resolved)).await
    }

    /// Cancels a run, with all runs that it awaits, and says why. The reason is stored, and is in the
    /// error of the run. Who asked for it is stored beside the row at which the run stands, unless it
    /// has not begun.
    ///
    /// What waits there (a sleep, a later start, the pause before another attempt) ends at once; what is
    /// under way is waited for. Then nothing more begins, and the run rolls back, after the runs below
    /// it have. The answer is there when the request is stored; it works from any process, and whether
    /// or not a worker has the run. A worker in another process hears of it at once, or finds it within seconds.
    ///
    /// A run that is past its pivot goes on: the request is written down, and that is all. One that
    /// rolls back already has nothing more to do. Of two requests the first one's reason stays.
    ///
    /// # Errors
    /// When the run has ended, or is stuck; when there is no such run, or the store cannot be asked.
    pub async fn cancel(&self, run: RunId, reason: impl Into<String>) -> Result<(), Trouble> {
        let (engine, reason) = (self.scoop.engine(), reason.into());
        let row = self.run(run).await?;
        let note = (row.seq > Seq::NONE)
            .then(|| engine.note(&row, "scoop::cancel", self.why(Some(&reason))));
        engine.cancel_noted(run, &reason, note).await
    }

    async fn run(&self, run: RunId) -> Result<RunRow, Trouble> {
        let engine = self.scoop.engine();
        let row = engine.ask(|| engine.store.run(run)).await?;
        row.ok_or_else(|| Trouble::NoRun(run.to_string()))
    }
}
