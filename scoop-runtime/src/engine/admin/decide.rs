//! Decisions: what an operator wants to become of a run, written down with who and why.

use std::sync::Arc;

use serde::Serialize;

use super::super::places::Place;
use super::super::writer::WriteError;
use super::super::{Engine, Trouble, history, take};
use super::Admin;
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind, StoredOutcome};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::failure::{CompensationResult, Loser, StoredFailure};
use crate::protocol::id::{Part, RunId};
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};

/// What is to become of a stuck compensation.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    Retry,
    Done(CompensationResult),
}

/// Who decided, and why: the arguments of the row of a decision.
#[derive(Debug, Serialize)]
struct Why<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Decision {
    fn name(&self) -> &'static str {
        match self {
            Self::Done(CompensationResult::Skipped { .. }) => "scoop::skip",
            Self::Done(_) => "scoop::resolve",
            Self::Retry => "scoop::retry",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Done(
                CompensationResult::Skipped { reason } | CompensationResult::Resolved { reason },
            ) => Some(reason),
            _ => None,
        }
    }
}

impl Admin {
    /// Writes down what the operator decided, and has the rollback go on, or the run end.
    pub(super) async fn decide(&self, run: RunId, decision: Decision) -> Result<(), Trouble> {
        let row = self.run(run).await?;
        if row.status != RunStatus::Stuck {
            return Err(self.not_stuck(&row, &decision).await);
        }
        let mut failure: StoredFailure = history::decode(run, "failure", row.failure.as_ref())?
            .ok_or_else(|| Trouble::NotAllowed(format!("run {run} is stuck without a failure")))?;
        let written = self.decision(&row, decision.name(), decision.reason());
        let mut written = match &failure.loser {
            None => written,
            Some(loser) => self.beside(&row, loser, written).await?,
        };
        let result = match decision {
            Decision::Retry => None,
            Decision::Done(result) => Some(result),
        };
        let outcome = result.as_ref().and_then(decided);
        written.outcome = outcome.and_then(|outcome| Stored::encode(&outcome).ok());
        let ends = ends(run, &mut failure, result)?;
        let (status, finished_at) = match (&failure.loser, ends) {
            (Some(_), _) => (RunStatus::Running, None),
            (None, true) => (RunStatus::RolledBack, Some(written.created_at)),
            (None, false) => (RunStatus::RollingBack, None),
        };
        let has_failed = failure.loser.is_none();
        let failure = Stored::encode(&failure).ok().filter(|_| has_failed);
        let update = RunUpdate {
            expect: Some(RunStatus::Stuck),
            status: Some(status),
            failure,
            finished_at,
            ..RunUpdate::default()
        };
        self.write(&row, written, update).await
    }

    async fn not_stuck(&self, row: &RunRow, decision: &Decision) -> Trouble {
        let (run, status) = (row.id, row.status);
        let verb = decision.name().trim_start_matches("scoop::");
        let below = match status.is_active() {
            true => self.stuck_below(run).await,
            false => Ok(None),
        };
        let instead = match (status, below) {
            (_, Err(trouble)) => return trouble,
            (_, Ok(Some(stuck))) => {
                let (stuck, saga) = (stuck.id, stuck.saga);
                format!("it waits for run {stuck} of `{saga}`, which is stuck: {verb} that one")
            }
            (RunStatus::Completed, _) => "`roll_back` undoes what it did".to_owned(),
            (RunStatus::RolledBack, _) => "all that it did is undone".to_owned(),
            _ if self.scoop.engine().parked(run).is_some() => {
                "it is parked: `requeue` has this build look at it again".to_owned()
            }
            (RunStatus::RollingBack, _) => {
                "it is being undone, and tries again by itself".to_owned()
            }
            _ => "`cancel` undoes what it did, `requeue` has it begun again where it hangs"
                .to_owned(),
        };
        Trouble::NotAllowed(format!(
            "run {run} is {status}, not stuck: there is nothing to {verb}; {instead}"
        ))
    }

    /// The row of a decision.
    pub(super) fn decision(&self, row: &RunRow, name: &str, reason: Option<&str>) -> CheckpointRow {
        CheckpointRow {
            seq: row.seq.next(),
            part: Part::main(),
            direction: Direction::Undo,
            kind: RowKind::Operator,
            point: String::new(),
            operation: Some(name.to_owned()),
            arguments: self.why(reason),
            frame: None,
            outcome: None,
            created_at: self.scoop.engine().environment.now(),
        }
    }

    /// The row of a decision on a block that lost a race: it stands with those of its rollback.
    async fn beside(
        &self,
        row: &RunRow,
        Loser { seq, part }: &Loser,
        decision: CheckpointRow,
    ) -> Result<CheckpointRow, Trouble> {
        let engine = self.scoop.engine();
        let rows = engine.ask(|| engine.store.rows_at(row.id, std::slice::from_ref(seq)));
        let rows = rows.await?;
        let numbers = rows.iter().filter_map(|row| row.part.number_of_undo(part));
        Ok(CheckpointRow {
            seq: *seq,
            part: part.undo(numbers.max().unwrap_or(0) + 1),
            ..decision
        })
    }

    /// Who decides, and why, as it is stored.
    pub(super) fn why(&self, reason: Option<&str>) -> Option<Stored> {
        let actor = self.actor.as_deref();
        Stored::encode(&Why { actor, reason }).ok()
    }

    /// Writes a decision, and has the run go on where that is to be done here.
    pub(super) async fn write(
        &self,
        row: &RunRow,
        decision: CheckpointRow,
        update: RunUpdate,
    ) -> Result<(), Trouble> {
        let engine = self.scoop.engine();
        let run = row.id;
        // Whoever had the run may be dead, or live and know nothing of this.
        let is_served = engine.works && engine.registry.saga(&row.saga).is_ok();
        let goes_on = update.status.is_some_and(RunStatus::is_active);
        // Of a queue only what is claimed is driven.
        let mine = goes_on && is_served && row.queue.is_none();
        let place = mine.then(|| engine.places.take(1));
        let place = place.and_then(|mut places| places.one());
        let commit = Commit {
            run,
            create: None,
            update: RunUpdate {
                owned: Some(place.is_some()),
                ..update
            },
            rows: vec![decision],
        };
        let deciding = decided_on(Arc::clone(engine), commit, place, row.status);
        engine.see_through(deciding).await
    }
}

/// Writes it, and has the run go on, in this place if there is one.
async fn decided_on(
    engine: Arc<Engine>,
    commit: Commit,
    place: Option<Place>,
    status: RunStatus,
) -> Result<(), Trouble> {
    let (run, taken) = (commit.run, place.is_some());
    let written = match place {
        Some(place) => take::take(&engine, place, commit).await,
        None => engine.writer.write(commit).await,
    };
    match written {
        Ok(Committed::Stored) if taken => Ok(()),
        Ok(Committed::Stored) => {
            engine.unpark(run);
            engine.news.tell(run);
            engine.places.want();
            engine.hints.due();
            engine.hints.left(run);
            Ok(())
        }
        Ok(_) => {
            let message = format!("run {run} is no longer {status}");
            Err(Trouble::NotAllowed(message))
        }
        Err(WriteError::Stopped) => Err(Trouble::ShutDown),
        Err(WriteError::Refused(why)) => Err(crate::store::StoreError::Refused(why).into()),
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
