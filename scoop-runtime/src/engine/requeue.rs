//! Has a worker give up a run that it has, so that any worker may take it up: whoever has the run ends
//! its task, as a crash would, and is the one who writes that the run is nobody's. So nothing of what it
//! did before can be written after that, and no run needs a fence of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::writer::WriteError;
use super::{Engine, Trouble};
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, Part, RunId, Seq};
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};
use crate::store::StoreError;

/// The stored name of what an operator did.
const NAME: &str = "scoop::requeue";
/// How long who asks waits for a step to let go.
const GRACE: Duration = Duration::from_secs(10);

/// A transaction of a run is being committed, for as long as this lives: its worker does not let go of
/// the run before it is known what came of that, because what is on its way could arrive later.
pub(super) struct Sending<'a> {
    engine: &'a Engine,
    run: RunId,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if self.engine.news.sent(self.run) {
            self.engine.wake_all();
        }
    }
}

impl Engine {
    pub(super) fn sending(&self, run: RunId) -> Sending<'_> {
        self.news.sending(run);
        Sending { engine: self, run }
    }

    /// Has whoever has this run give it up, for a caller outside.
    pub(super) async fn requeue(
        self: &Arc<Self>,
        row: &RunRow,
        why: Option<Stored>,
    ) -> Result<(), Trouble> {
        let run = row.id;
        let was_parked = self.parked(run).is_some();
        self.may_be_requeued(row, was_parked)?;
        let Some(worker) = row.owner.clone() else {
            // It was given up when it was parked.
            self.unpark(run);
            self.alarm.ring();
            return Ok(());
        };
        let owner = Fence {
            worker,
            epoch: row.epoch,
        };
        if owner != self.fence {
            let asked = self.ask(|| self.store.ask_back(run, &owner, why.as_ref()));
            return Ok(asked.await?);
        }
        let given_up = self.give_up(run, why);
        tokio::select! {
            written = given_up => written.unwrap_or(Err(Trouble::ShutDown)),
            () = self.environment.sleep(GRACE) => Err(Trouble::NotAllowed(format!(
                "run {run} is not given up yet: a step of it blocks its thread, or is being committed, \
                 and is let go as soon as it ends; `#[step(blocking)]` is for steps that block"
            ))),
        }
    }

    fn may_be_requeued(&self, row: &RunRow, was_parked: bool) -> Result<(), Trouble> {
        let why = match row.status {
            RunStatus::Stuck => "is stuck: `retry`, `skip` or `resolve` it",
            RunStatus::Completed => "is completed: there is nothing to requeue",
            RunStatus::RolledBack => "is rolled back: there is nothing to requeue",
            _ if was_parked => return Ok(()),
            _ if row.owner.is_none() && row.wake_at.is_some() => {
                "is nobody's already: a worker takes it up when it is due, at its `wake_at`"
            }
            _ if row.owner.is_none() => {
                "is nobody's already: a worker that serves its saga takes it up when it has room"
            }
            _ if row.seq == Seq::NONE => "has not begun: nothing of it is under way",
            _ => return Ok(()),
        };
        Err(Trouble::NotAllowed(format!("run {} {why}", row.id)))
    }

    /// Ends what this worker does for a run, and gives the run up. Goes on when nobody waits for it.
    pub(super) fn give_up(
        self: &Arc<Self>,
        run: RunId,
        why: Option<Stored>,
    ) -> oneshot::Receiver<Result<(), Trouble>> {
        let (told, answer) = oneshot::channel();
        let engine = Arc::clone(self);
        self.drive(async move {
            engine.let_go(run).await;
            // Dropped where nobody waits any more.
            drop(told.send(engine.written_off(run, why).await));
        });
        answer
    }

    /// Comes after all that was written for the run: one run's commits keep their order.
    async fn written_off(&self, run: RunId, why: Option<Stored>) -> Result<(), Trouble> {
        let row = self.read(|| self.store.run(run)).await?;
        let row = row.filter(|row| row.status.is_active() && row.seq > Seq::NONE);
        let note = row.map(|row| self.note(&row, NAME, why));
        let commit = Commit {
            run,
            create: None,
            update: RunUpdate {
                // What it waited for is over, or will be waited for by whoever takes it.
                wake_at: Some(None),
                released: true,
                ..RunUpdate::default()
            },
            rows: note.into_iter().collect(),
        };
        let written = self.writer.write(commit).await;
        self.unpark(run);
        if self.store.lease().is_none() {
            // Nobody else comes for it.
            self.alarm.ring();
        }
        match written {
            Ok(_) => Ok(()),
            Err(WriteError::Stopped) => Err(Trouble::ShutDown),
            Err(WriteError::Refused(why)) => Err(StoreError::Refused(why).into()),
        }
    }

    /// What an operator did to a run that goes on: beside the row at which it stands, because a position
    /// of its own could be the one that whoever has the run writes next.
    pub(super) fn note(&self, row: &RunRow, name: &str, why: Option<Stored>) -> CheckpointRow {
        let now = self.environment.now();
        CheckpointRow {
            seq: row.seq,
            part: Part::main().operator(self.environment.uuid()),
            direction: match row.status {
                RunStatus::RollingBack => Direction::Undo,
                _ => Direction::Forward,
            },
            kind: RowKind::Operator,
            point: String::new(),
            operation: Some(name.to_owned()),
            arguments: why,
            frame: None,
            outcome: None,
            created_at: now,
        }
    }
}
