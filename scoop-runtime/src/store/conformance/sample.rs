//! Commits and rows for tests of stores.

use uuid::Uuid;

use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Part, RunId, Seq, WorkerName};
use crate::protocol::run::{NewRun, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::Claim;

/// The `number`th id.
#[must_use]
pub const fn id(number: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(number))
}

/// A worker of this name.
#[must_use]
pub fn worker(name: &str) -> WorkerName {
    WorkerName(name.to_owned())
}

/// Any runs, at most `limit` of them.
#[must_use]
pub fn claim(limit: u32) -> Claim {
    Claim {
        limit,
        ..Claim::default()
    }
}

/// A run of the saga `trip`, without a key.
#[must_use]
pub fn new_run(run: u128) -> NewRun {
    NewRun {
        id: id(run),
        saga: "trip".to_owned(),
        key: None,
        input: Stored::from_json("[]"),
        wake_at: None,
        owned: true,
        parent: None,
        depth: 0,
        priority: 0,
        queue: None,
        created_at: Timestamp(1_000),
    }
}

/// A row with only what must be there.
#[must_use]
pub fn row(seq: i64) -> CheckpointRow {
    CheckpointRow {
        seq: Seq(seq),
        part: Part::main(),
        direction: Direction::Forward,
        kind: RowKind::Await,
        point: "hotel".to_owned(),
        operation: None,
        arguments: None,
        frame: None,
        outcome: None,
        created_at: Timestamp(2_000),
    }
}

/// The same row as a part of its position.
#[must_use]
pub fn part(seq: i64, part: &str) -> CheckpointRow {
    CheckpointRow {
        part: Part(part.to_owned()),
        ..row(seq)
    }
}

/// Appends these rows.
#[must_use]
pub fn append(run: u128, rows: Vec<CheckpointRow>) -> Commit {
    Commit {
        run: id(run),
        create: None,
        update: RunUpdate::default(),
        rows,
    }
}

/// Appends one row.
#[must_use]
pub fn step(run: u128, seq: i64) -> Commit {
    append(run, vec![row(seq)])
}

/// Creates a run with its first row.
#[must_use]
pub fn start(run: u128) -> Commit {
    Commit {
        create: Some(new_run(run)),
        ..step(run, 1)
    }
}

/// Creates a run under a key, with its first row.
#[must_use]
pub fn start_keyed(run: u128, saga: &str, key: &str) -> Commit {
    let new = NewRun {
        saga: saga.to_owned(),
        key: Some(key.to_owned()),
        ..new_run(run)
    };
    Commit {
        create: Some(new),
        ..step(run, 1)
    }
}

/// Changes a run.
#[must_use]
pub fn change(run: u128, update: RunUpdate) -> Commit {
    Commit {
        update,
        ..append(run, Vec::new())
    }
}
