//! What is in the file, byte for byte: a later version has to read it.

use super::{execute, fresh, place, texts};
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Part, Seq};
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::conformance::sample::{claim, id, new_run, row, step, worker};
use crate::store::{RunFilter, SqliteStore, Store as _};

const RUN: &str = "select quote(id) || ' ' || quote(saga) || ' ' || quote(key) || ' ' || \
    quote(input) || ' ' || quote(status) || ' ' || quote(owner) || ' ' || quote(epoch) || ' ' || \
    quote(wake_at) || ' ' || quote(pending_children) || ' ' || quote(cancel) || ' ' || \
    quote(seq) || ' ' || quote(output) || ' ' || quote(failure) || ' ' || quote(created_at) || \
    ' ' || quote(finished_at) || ' ' || quote(parent) || ' ' || quote(depth) from scoop_run order by id";

const CHECKPOINT: &str = "select quote(run) || ' ' || quote(seq) || ' ' || quote(part) || ' ' || \
    quote(direction) || ' ' || quote(kind) || ' ' || quote(point) || ' ' || quote(operation) || \
    ' ' || quote(arguments) || ' ' || quote(frame) || ' ' || quote(outcome) || ' ' || \
    quote(created_at) from scoop_checkpoint order by run, seq, part";

const WORKER: &str =
    "select quote(name) || ' ' || quote(epoch) || ' ' || quote(live) from scoop_worker";

/// Version 1 of the schema with rows in it, as `sqlite3 trips.db .dump` prints it. Never edited.
const VERSION_1: &str = include_str!("v1.sql");

/// One run that ended, with every column filled, and one that has none of the optional ones.
fn commits() -> [Commit; 2] {
    let value = |json| Some(Stored::from_json(json));
    let full = Commit {
        run: id(0x0191_0000_0000_7000_8000_0000_0000_002a),
        create: Some(NewRun {
            id: id(0x0191_0000_0000_7000_8000_0000_0000_002a),
            saga: "travel::book_trip".to_owned(),
            key: Some("order-42".to_owned()),
            input: Stored::from_json("[\"Rome\"]"),
            wake_at: None,
            owned: true,
            parent: Some(id(0x0191_0000_0000_7000_8000_0000_0000_0029)),
            depth: 1,
            priority: 0,
            queue: None,
            created_at: Timestamp(1_700_000_000_000),
        }),
        update: RunUpdate {
            status: Some(RunStatus::RolledBack),
            wake_at: Some(Some(Timestamp(1_700_000_000_001))),
            output: value("7"),
            failure: value("{}"),
            finished_at: Some(Timestamp(1_700_000_000_002)),
            ..RunUpdate::default()
        },
        rows: vec![CheckpointRow {
            seq: Seq(3),
            part: Part("1.0@2".to_owned()),
            direction: Direction::Undo,
            kind: RowKind::Attempt,
            point: "hotel".to_owned(),
            operation: Some("travel::cancel_hotel".to_owned()),
            arguments: value("[1]"),
            frame: value("{\"slots\":{}}"),
            outcome: value("{\"done\":null}"),
            created_at: Timestamp(1_700_000_000_003),
        }],
    };
    let bare = Commit {
        create: Some(NewRun { ..new_run(1) }),
        ..step(1, 1)
    };
    [full, bare]
}

const RUN_BYTES: [&str; 2] = [
    "X'00000000000000000000000000000001' 'trip' NULL X'014A5B5D' 1 'w' 1 NULL 0 0 1 NULL NULL \
     1000 NULL NULL 0",
    "X'0191000000007000800000000000002A' 'travel::book_trip' 'order-42' \
     X'014A5B22526F6D65225D' 5 'w' 1 1700000000001 0 0 3 X'014A37' X'014A7B7D' 1700000000000 \
     1700000000002 X'01910000000070008000000000000029' 1",
];

const CHECKPOINT_BYTES: [&str; 2] = [
    "X'00000000000000000000000000000001' 1 '' 1 1 'hotel' NULL NULL NULL NULL 2000",
    "X'0191000000007000800000000000002A' 3 '1.0@2' 2 2 'hotel' 'travel::cancel_hotel' \
     X'014A5B315D' X'014A7B22736C6F7473223A7B7D7D' X'014A7B22646F6E65223A6E756C6C7D' \
     1700000000003",
];

#[tokio::test]
async fn rows_are_stored_as_these_bytes() {
    let (_directory, path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &commits()).await.unwrap();
    assert_eq!(texts(&path, RUN).await, RUN_BYTES);
    assert_eq!(texts(&path, CHECKPOINT).await, CHECKPOINT_BYTES);
    assert_eq!(texts(&path, WORKER).await, ["'w' 1 1"]);
    store.detach(&fence).await.unwrap();
    assert_eq!(texts(&path, WORKER).await, ["'w' 1 0"]);
}

#[tokio::test]
async fn a_file_of_version_1_opens() {
    let (_directory, path) = place();
    execute(&path, VERSION_1).await;
    let store = SqliteStore::open(&path).await.unwrap();
    let runs = store
        .runs(&RunFilter {
            limit: 9,
            ..RunFilter::default()
        })
        .await
        .unwrap();
    let [bare, full] = &runs[..] else {
        panic!("{runs:?}")
    };
    let [expected, _] = commits();
    assert_eq!(bare.id, id(1));
    assert_eq!((full.status, full.seq), (RunStatus::RolledBack, Seq(3)));
    assert_eq!(full.failure, expected.update.failure);
    assert_eq!(
        store.rows_before(full.id, None, 9).await.unwrap(),
        expected.rows
    );
    assert_eq!(store.rows_before(bare.id, None, 9).await.unwrap(), [row(1)]);
    // The worker of the dump was alive when its process died.
    let fence = store.attach(&worker("w")).await.unwrap();
    assert_eq!(fence.epoch, 2);
    assert_eq!(store.claim(&fence, &claim(9)).await.unwrap().len(), 1);
    store.commit(&fence, &[step(1, 2)]).await.unwrap();
}
