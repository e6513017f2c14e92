//! The same for many runs: all that fit a filter, page by page.

use std::time::Duration;

use super::super::Trouble;
use super::Admin;
use crate::environment::BoxFuture;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};
use crate::store::RunFilter;

/// How many refusals are told.
const TOLD: usize = 20;
const PAGE: u32 = 256;

/// All runs that fit a filter: got by [`Admin::all`].
///
/// Each verb does to each run what the one of [`Admin`] does, one after the other, and goes on where a run
/// refuses it. Where the filter names no status, it looks only at runs with one that the verb is
/// for. Runs that are started after it began, by the clock of this process, are left alone. An error of the store ends it; what was done
/// until then is done, and doing it again does the rest.
#[derive(Clone, Debug)]
pub struct All {
    admin: Admin,
    filter: RunFilter,
}

/// What became of many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bulk {
    /// How many runs did what was asked.
    pub changed: u64,
    /// How many refused it.
    pub refused: u64,
    /// The first 20 of these.
    pub refusals: Vec<Refusal>,
}

/// Why a run refused what was asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The run.
    pub run: RunId,
    /// Why, and what to do instead.
    pub reason: String,
}

impl Admin {
    /// All runs that fit a filter, for doing the same to each. Its `limit` is how many are read at
    /// once, and all that fit are meant, however many there are.
    ///
    /// ```
    /// # use scoop_runtime::engine::{Scoop, Trouble};
    /// # use scoop_runtime::store::RunFilter;
    /// # async fn example(scoop: Scoop) -> Result<(), Trouble> {
    /// let trips = RunFilter {
    ///     saga: Some("trip".to_owned()),
    ///     ..RunFilter::default()
    /// };
    /// let trips = scoop.admin().by("anna").all(trips);
    /// println!("{} trips", trips.count().await?);
    /// let done = trips.retry().await?;
    /// println!("{} go on, {} do not", done.changed, done.refused);
    /// for refusal in &done.refusals {
    ///     println!("{}", refusal.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn all(&self, filter: RunFilter) -> All {
        let admin = self.clone();
        All { admin, filter }
    }
}

type Done<'a> = BoxFuture<'a, Result<(), Trouble>>;

impl All {
    /// How many runs fit the filter. Changes nothing.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn count(&self) -> Result<u64, Trouble> {
        let counted = self.each(&[], |_, _| Box::pin(async { Ok(()) })).await?;
        Ok(counted.changed)
    }

    /// [`Admin::cancel`] of each that runs forward.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn cancel(&self, reason: &str) -> Result<Bulk, Trouble> {
        self.each(&[RunStatus::Running], |admin, run| {
            Box::pin(admin.cancel(run, reason))
        })
        .await
    }

    /// [`Admin::retry`] of each that is stuck.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn retry(&self) -> Result<Bulk, Trouble> {
        self.each(&[RunStatus::Stuck], |admin, run| Box::pin(admin.retry(run)))
            .await
    }

    /// [`Admin::skip`] of each that is stuck.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn skip(&self, reason: &str) -> Result<Bulk, Trouble> {
        self.each(&[RunStatus::Stuck], |admin, run| {
            Box::pin(admin.skip(run, reason))
        })
        .await
    }

    /// [`Admin::resolve`] of each that is stuck.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn resolve(&self, reason: &str) -> Result<Bulk, Trouble> {
        self.each(&[RunStatus::Stuck], |admin, run| {
            Box::pin(admin.resolve(run, reason))
        })
        .await
    }

    /// [`Admin::roll_back`] of each that has completed. A run that was awaited is undone with the one
    /// that awaited it: `top` leaves it out.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn roll_back(&self, reason: &str) -> Result<Bulk, Trouble> {
        self.each(&[RunStatus::Completed], |admin, run| {
            Box::pin(admin.roll_back(run, reason))
        })
        .await
    }

    /// [`Admin::requeue`] of each that a worker may have.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn requeue(&self) -> Result<Bulk, Trouble> {
        let active = [RunStatus::Running, RunStatus::RollingBack];
        self.each(&active, |admin, run| Box::pin(admin.requeue(run)))
            .await
    }

    /// [`Admin::remove_run`] of each that has ended. A run that was awaited goes with the one that awaited
    /// it: `top` leaves it out.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn remove(&self) -> Result<Bulk, Trouble> {
        let ended = [RunStatus::Completed, RunStatus::RolledBack];
        self.each(&ended, |admin, run| Box::pin(admin.remove_run(run)))
            .await
    }

    async fn each<'a>(
        &'a self,
        status: &[RunStatus],
        verb: impl Fn(&'a Admin, RunId) -> Done<'a>,
    ) -> Result<Bulk, Trouble> {
        let mut page = self.filter.clone();
        page.limit = page.limit.clamp(1, PAGE);
        if page.status.is_empty() {
            page.status = status.to_vec();
        }
        let now = self.admin.scoop.engine().environment.now();
        let soon = now.after(Duration::from_millis(1));
        page.started_before = Some(page.started_before.map_or(soon, |before| before.min(soon)));
        let mut bulk = Bulk::default();
        loop {
            let runs = self.admin.list(&page).await?;
            let Some(last) = runs.last() else {
                return Ok(bulk);
            };
            page.after = Some(last.id);
            for RunRow { id, .. } in runs {
                bulk.note(id, verb(&self.admin, id).await)?;
            }
        }
    }
}

impl Bulk {
    fn note(&mut self, run: RunId, done: Result<(), Trouble>) -> Result<(), Trouble> {
        match done {
            Ok(()) => self.changed += 1,
            // Somebody removed it meanwhile.
            Err(Trouble::NoRun(_)) => {}
            Err(
                error @ (Trouble::NotAllowed(_)
                | Trouble::Parked { .. }
                | Trouble::Unreadable { .. }),
            ) => {
                self.refused += 1;
                if self.refusals.len() < TOLD {
                    let reason = error.to_string();
                    self.refusals.push(Refusal { run, reason });
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
