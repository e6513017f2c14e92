//! A batch as the columns that one statement takes: new runs, runs that change, rows.

use std::mem::take;

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::Commit;
use crate::protocol::id::Fence;
use crate::protocol::run::RunUpdate;
use crate::store::apply;

/// A statement that arguments are bound to.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// What a commit does to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// Makes it.
    Create = 1,
    /// Leaves it and appends rows.
    Append = 2,
    /// Changes it.
    Change = 3,
}

impl Verb {
    pub(super) fn of(commit: &Commit) -> Self {
        if commit.create.is_some() {
            Self::Create
        } else if commit.update == RunUpdate::default() && !commit.rows.is_empty() {
            Self::Append
        } else {
            Self::Change
        }
    }
}

#[derive(Default)]
struct New<'a> {
    id: Vec<Uuid>,
    saga: Vec<&'a str>,
    key: Vec<Option<&'a str>>,
    input: Vec<&'a [u8]>,
    status: Vec<i16>,
    owned: Vec<bool>,
    wake_at: Vec<Option<i64>>,
    output: Vec<Option<&'a [u8]>>,
    failure: Vec<Option<&'a [u8]>>,
    created_at: Vec<i64>,
    finished_at: Vec<Option<i64>>,
    parent: Vec<Option<Uuid>>,
    depth: Vec<i16>,
    priority: Vec<i16>,
    queue: Vec<&'a str>,
}

#[derive(Default)]
struct Changes<'a> {
    run: Vec<Uuid>,
    expect: Vec<Option<i16>>,
    unless_cancelled: Vec<bool>,
    status: Vec<Option<i16>>,
    wakes: Vec<bool>,
    wake_at: Vec<Option<i64>>,
    output: Vec<Option<&'a [u8]>>,
    failure: Vec<Option<&'a [u8]>>,
    finished_at: Vec<Option<i64>>,
    owned: Vec<Option<i16>>,
    cancel: Vec<Option<&'a str>>,
    absent: Vec<Option<bool>>,
    rule: Vec<i16>,
}

#[derive(Default)]
struct Rows<'a> {
    gate: Vec<i16>,
    run: Vec<Uuid>,
    seq: Vec<i64>,
    part: Vec<&'a str>,
    direction: Vec<i16>,
    kind: Vec<i16>,
    point: Vec<&'a str>,
    operation: Vec<Option<&'a str>>,
    arguments: Vec<Option<&'a [u8]>>,
    frame: Vec<Option<&'a [u8]>>,
    outcome: Vec<Option<&'a [u8]>>,
    created_at: Vec<i64>,
}

/// The columns of a batch.
#[derive(Default)]
pub(super) struct Columns<'a> {
    new: New<'a>,
    changes: Changes<'a>,
    rows: Rows<'a>,
}

impl<'a> Columns<'a> {
    /// The columns of these commits, each of another run. What is forced changes its run even
    /// where all its rows are there already.
    pub(super) fn of(fence: &Fence, commits: &[&'a Commit], forced: bool) -> Self {
        let mut columns = Self::default();
        for commit in commits {
            let verb = Verb::of(commit);
            match verb {
                Verb::Create => columns.new.add(fence, commit),
                Verb::Append => {}
                Verb::Change => columns.changes.add(commit, forced),
            }
            for row in &commit.rows {
                columns.rows.add(verb, commit, row);
            }
        }
        columns
    }

    pub(super) fn bind(mut self, statement: Statement<'_>) -> Statement<'_> {
        let (priority, queue) = (take(&mut self.new.priority), take(&mut self.new.queue));
        let absent = take(&mut self.changes.absent);
        let statement = self.rows.bind(self.changes.bind(self.new.bind(statement)));
        statement.bind(priority).bind(queue).bind(absent)
    }
}

impl<'a> New<'a> {
    fn add(&mut self, fence: &Fence, commit: &'a Commit) {
        let Some(new) = &commit.create else { return };
        let row = apply::created(new, commit, fence);
        self.id.push(row.id.as_uuid());
        self.saga.push(&new.saga);
        self.key.push(new.key.as_deref());
        self.input.push(new.input.as_bytes());
        self.status.push(row.status as i16);
        self.owned.push(row.owner.is_some());
        self.wake_at.push(row.wake_at.map(|time| time.0));
        self.output.push(bytes(commit.update.output.as_ref()));
        self.failure.push(bytes(commit.update.failure.as_ref()));
        self.created_at.push(row.created_at.0);
        self.finished_at.push(row.finished_at.map(|time| time.0));
        self.parent.push(row.parent.map(|parent| parent.as_uuid()));
        self.depth.push(row.depth.cast_signed());
        self.priority.push(row.priority.into());
        self.queue.push(new.queue.as_deref().unwrap_or_default());
    }

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.id)
            .bind(self.saga)
            .bind(self.key)
            .bind(self.input)
            .bind(self.status)
            .bind(self.owned)
            .bind(self.wake_at)
            .bind(self.output)
            .bind(self.failure)
            .bind(self.created_at)
            .bind(self.finished_at)
            .bind(self.parent)
            .bind(self.depth)
    }
}

impl<'a> Changes<'a> {
    fn add(&mut self, commit: &'a Commit, forced: bool) {
        let update = &commit.update;
        self.run.push(commit.run.as_uuid());
        self.expect.push(update.expect.map(|status| status as i16));
        self.unless_cancelled.push(update.unless_cancelled);
        self.status.push(update.status.map(|status| status as i16));
        self.wakes.push(update.wake_at.is_some());
        self.wake_at
            .push(update.wake_at.flatten().map(|time| time.0));
        self.output.push(bytes(update.output.as_ref()));
        self.failure.push(bytes(update.failure.as_ref()));
        self.finished_at.push(update.finished_at.map(|time| time.0));
        self.cancel.push(update.cancel.as_deref());
        self.absent.push(update.absent);
        self.owned.push(owned(update));
        self.rule
            .push(i16::from(!forced && !commit.rows.is_empty()));
    }

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.run)
            .bind(self.expect)
            .bind(self.status)
            .bind(self.wakes)
            .bind(self.wake_at)
            .bind(self.output)
            .bind(self.failure)
            .bind(self.finished_at)
            .bind(self.owned)
            .bind(self.rule)
            .bind(self.unless_cancelled)
            .bind(self.cancel)
    }
}

impl<'a> Rows<'a> {
    fn add(&mut self, gate: Verb, commit: &'a Commit, row: &'a CheckpointRow) {
        self.gate.push(gate as i16);
        self.run.push(commit.run.as_uuid());
        self.seq.push(row.seq.0);
        self.part.push(&row.part.0);
        self.direction.push(row.direction as i16);
        self.kind.push(row.kind as i16);
        self.point.push(&row.point);
        self.operation.push(row.operation.as_deref());
        self.arguments.push(bytes(row.arguments.as_ref()));
        self.frame.push(bytes(row.frame.as_ref()));
        self.outcome.push(bytes(row.outcome.as_ref()));
        self.created_at.push(row.created_at.0);
    }

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.gate)
            .bind(self.run)
            .bind(self.seq)
            .bind(self.part)
            .bind(self.direction)
            .bind(self.kind)
            .bind(self.point)
            .bind(self.operation)
            .bind(self.arguments)
            .bind(self.frame)
            .bind(self.outcome)
            .bind(self.created_at)
    }
}

/// Whose the run is from now on, as the statement has it.
const fn owned(update: &RunUpdate) -> Option<i16> {
    match (update.released, update.owned) {
        (true, _) => Some(3),
        (false, Some(false)) => Some(2),
        (false, Some(true)) => Some(1),
        (false, None) => None,
    }
}

fn bytes(value: Option<&Stored>) -> Option<&[u8]> {
    value.map(Stored::as_bytes)
}
