//! What an operator can see and do: look at runs, and put right what is stuck.

use super::writer::WriteError;
use super::{Scoop, Trouble, executor, history};
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{CompensationResult, StoredFailure};
use crate::protocol::id::{Part, RunId};
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};
use crate::store::RunFilter;

/// What an operator can see and do.
#[derive(Clone, Debug)]
pub struct Admin {
    scoop: Scoop,
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
        Self { scoop }
    }

    /// Runs in the order in which they were started. One that is [parked](Self::parked) has the
    /// status that it had before: another build may be able to continue it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn list(&self, filter: &RunFilter) -> Result<Vec<RunRow>, Trouble> {
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
        let mut parked = Vec::new();
        for (run, reason) in engine.all_parked() {
            match engine.ask(|| engine.store.run(run)).await? {
                Some(row) if row.status.is_active() => parked.push(Parked {
                    run,
                    saga: row.saga,
                    reason,
                }),
                // Another worker has ended it since.
                _ => engine.unpark(run),
            }
        }
        parked.sort_by_key(|parked| parked.run);
        Ok(parked)
    }

    /// Has the stuck compensation of a run tried again, as often as its policy says.
    ///
    /// # Errors
    /// When the run is not stuck, or is stuck because it failed past its pivot.
    pub async fn retry(&self, run: RunId) -> Result<(), Trouble> {
        self.decide(run, None).await
    }

    /// Leaves the stuck compensation of a run undone, and goes on with the next one. The reason is
    /// stored.
    ///
    /// # Errors
    /// When the run is not stuck, or is stuck because it failed past its pivot.
    pub async fn skip(&self, run: RunId, reason: impl Into<String>) -> Result<(), Trouble> {
        self.decide(
            run,
            Some(CompensationResult::Skipped {
                reason: reason.into(),
            }),
        )
        .await
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
        self.decide(
            run,
            Some(CompensationResult::Resolved {
                reason: reason.into(),
            }),
        )
        .await
    }

    async fn run(&self, run: RunId) -> Result<RunRow, Trouble> {
        let engine = self.scoop.engine();
        let row = engine.ask(|| engine.store.run(run)).await?;
        row.ok_or_else(|| Trouble::NoRun(run.to_string()))
    }

    /// Writes down what the operator decided, and has the rollback go on, or the run end.
    async fn decide(&self, run: RunId, result: Option<CompensationResult>) -> Result<(), Trouble> {
        let engine = self.scoop.engine();
        let row = self.run(run).await?;
        if row.status != RunStatus::Stuck {
            let status = row.status;
            let message = format!("run {run} is {status}, not stuck: there is nothing to decide");
            return Err(Trouble::NotAllowed(message));
        }
        let mut failure: StoredFailure = history::decode(run, "failure", row.failure.as_ref())?
            .ok_or_else(|| Trouble::NotAllowed(format!("run {run} is stuck without a failure")))?;
        let outcome = result.as_ref().and_then(decided);
        let ends = ends(run, &mut failure, result)?;
        let now = engine.environment.now();
        let decision = CheckpointRow {
            seq: row.seq.next(),
            part: Part::main(),
            direction: Direction::Undo,
            kind: RowKind::Operator,
            point: String::new(),
            operation: None,
            arguments: None,
            frame: None,
            outcome: outcome
                .as_ref()
                .and_then(|outcome| Stored::encode(outcome).ok()),
            created_at: now,
        };
        // Whoever had the run may be dead, or live and know nothing of this.
        let mine = engine.works && engine.registry.saga(&row.saga).is_ok();
        let (status, finished_at) = if ends {
            (RunStatus::RolledBack, Some(now))
        } else {
            (RunStatus::RollingBack, None)
        };
        let update = RunUpdate {
            expect: Some(RunStatus::Stuck),
            owned: Some(mine),
            status: Some(status),
            failure: Stored::encode(&failure).ok(),
            finished_at,
            ..RunUpdate::default()
        };
        let commit = Commit {
            run,
            create: None,
            update,
            rows: vec![decision],
        };
        match engine.writer.write(commit).await {
            Ok(Committed::Stored) => {
                engine.unpark(run);
                engine.news.tell(run);
                if mine && !ends {
                    executor::take_up(engine, run, engine.places.force()).await
                } else {
                    Ok(())
                }
            }
            Ok(_) => Err(Trouble::NotAllowed(format!("run {run} is no longer stuck"))),
            Err(WriteError::Stopped) => Err(Trouble::ShutDown),
            Err(WriteError::Refused(why)) => Err(crate::store::StoreError::Refused(why).into()),
        }
    }
}

/// Puts a decision into the failure of a stuck run. Whether the run ends by it: it does where no
/// compensation is stuck, because it failed past its pivot.
fn ends(
    run: RunId,
    failure: &mut StoredFailure,
    result: Option<CompensationResult>,
) -> Result<bool, Trouble> {
    let all = &mut failure.compensations;
    let stuck = all
        .iter()
        .position(|known| matches!(known.result, CompensationResult::Failed { .. }));
    match (stuck, result) {
        (Some(stuck), Some(result)) => all[stuck].result = result,
        (Some(stuck), None) => drop(all.remove(stuck)),
        (None, Some(CompensationResult::Resolved { reason })) => failure.resolved = Some(reason),
        (None, result) => {
            let verb = result.map_or("retry", |_| "skip");
            return Err(Trouble::NotAllowed(format!(
                "run {run} failed past its pivot: nothing of it is undone, so there is nothing to \
                 {verb}; finish by hand what it left, and `resolve` it then"
            )));
        }
    }
    Ok(stuck.is_none())
}

/// How a decision is stored; none is one to try again.
fn decided(result: &CompensationResult) -> Option<StoredOutcome> {
    match result {
        CompensationResult::Skipped { reason } => Some(StoredOutcome::Skipped(reason.clone())),
        CompensationResult::Resolved { reason } => Some(StoredOutcome::Resolved(reason.clone())),
        _ => None,
    }
}
