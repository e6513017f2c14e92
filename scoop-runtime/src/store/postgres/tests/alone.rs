//! Facts about a commit in the transaction of a step: a small statement does what the large one does.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::{database, execute, open, raw};
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, RowKind};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, Part};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::Store as _;
use crate::store::conformance::sample::{append, id, part, row, start, start_keyed, step, worker};
use crate::store::postgres::session::Session;
use crate::store::postgres::write::{self, Fenced};
use crate::store::postgres::{alone, read};

/// What a transaction says and leaves to be committed; it is rolled back.
type Left = (Option<bool>, Option<RunRow>, Vec<CheckpointRow>);

async fn left(connection: &mut PgConnection, fence: &Fence, commit: &Commit, small: bool) -> Left {
    let mut transaction = connection.begin().await.unwrap();
    let mut session = Session {
        connection: &mut transaction,
        kept: true,
    };
    let said = if small {
        alone::alone(&mut session, fence, commit).await.unwrap()
    } else {
        write::once(&mut session, fence, commit).await.unwrap()
    };
    let rows = read::rows_before(&mut session, commit.run, None, 99)
        .await
        .unwrap();
    let run = read::run(&mut session, commit.run).await.unwrap();
    transaction.rollback().await.unwrap();
    (said.ok(), run, rows)
}

fn full(seq: i64, of: &str) -> CheckpointRow {
    CheckpointRow {
        kind: RowKind::Outcome,
        part: Part(of.to_owned()),
        operation: Some("book".to_owned()),
        arguments: Some(Stored::from_json("[1]")),
        frame: Some(Stored::from_json(r#"{"a":"it's"}"#)),
        outcome: Some(Stored::from_json("[2]")),
        ..row(seq)
    }
}

/// Everything is set.
fn full_new() -> Commit {
    let start = start_keyed(3, "trip", "new");
    Commit {
        create: start.create.map(|new| NewRun {
            wake_at: Some(Timestamp(3)),
            owned: false,
            priority: -3,
            queue: Some("mail".to_owned()),
            ..new
        }),
        update: RunUpdate {
            status: Some(RunStatus::Completed),
            output: Some(Stored::from_json("[3]")),
            failure: Some(Stored::from_json("[4]")),
            finished_at: Some(Timestamp(5)),
            ..RunUpdate::default()
        },
        rows: vec![row(1), full(1, "out")],
        ..start
    }
}

#[tokio::test]
async fn a_small_statement_does_what_the_large_one_does() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let known = [start(1), start_keyed(2, "trip", "k")];
    store.commit(&fence, &known).await.unwrap();
    let late = Fence {
        epoch: fence.epoch - 1,
        ..fence.clone()
    };
    let mut connection = raw(&url).await;
    for (fence, commit, wanted) in [
        (&fence, step(1, 2), Some(true)),
        (&fence, append(1, vec![full(2, "out")]), Some(true)),
        (&fence, append(1, vec![row(2), full(2, "out")]), Some(true)),
        // One of them is there already: it was written beside.
        (&fence, append(1, vec![row(1), full(1, "out")]), Some(true)),
        (&fence, step(1, 1), Some(false)),
        (&fence, append(1, vec![row(1), row(1)]), Some(false)),
        (&fence, step(3, 1), Some(false)),
        (
            &fence,
            append(1, vec![row(2), row(3), part(3, "b")]),
            Some(true),
        ),
        (&fence, start(1), Some(false)),
        (&fence, start(3), Some(true)),
        (&fence, full_new(), Some(true)),
        (&fence, start_keyed(3, "trip", "k"), Some(false)),
        (&fence, start_keyed(3, "trip", "other"), Some(true)),
        (&late, step(1, 2), None),
        (&late, step(1, 1), None),
        (&late, start(3), None),
    ] {
        let small = left(&mut connection, fence, &commit, true).await;
        let large = left(&mut connection, fence, &commit, false).await;
        assert_eq!(small, large, "{commit:?}");
        assert_eq!(small.0, wanted, "{commit:?}");
    }
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap(), [row(1)]);
}

/// Whoever declares the worker dead waits for the transaction, as for a batch.
#[tokio::test]
async fn a_step_holds_its_worker_until_it_is_committed() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let mut connection = raw(&url).await;
    let mut transaction = connection.begin().await.unwrap();
    let mut session = Session {
        connection: &mut transaction,
        kept: true,
    };
    let said = alone::alone(&mut session, &fence, &step(1, 2)).await;
    assert!(matches!(said, Ok(Ok(true))));
    let mut other = raw(&url).await;
    let bury = "set lock_timeout = '50ms'; update scoop.worker set live = false";
    let waited = sqlx::raw_sql(bury).execute(&mut other).await.unwrap_err();
    let code = waited.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("55P03"), "{waited}");
    // A heartbeat does not wait.
    execute(&url, "update scoop.worker set lease_until = now()").await;
    transaction.commit().await.unwrap();
    execute(&url, "update scoop.worker set live = false").await;
    let mut session = Session {
        connection: &mut connection,
        kept: true,
    };
    let said = alone::alone(&mut session, &fence, &step(1, 3)).await;
    assert!(matches!(said, Ok(Err(Fenced))));
}

/// Its plan is made a few times, and then kept, without a setting in the application's connections.
#[tokio::test]
async fn the_small_statement_keeps_its_plan() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let mut connection = raw(&url).await;
    for seq in 2..30 {
        let mut session = Session {
            connection: &mut connection,
            kept: true,
        };
        let said = alone::alone(&mut session, &fence, &step(1, seq)).await;
        assert!(matches!(said, Ok(Ok(true))));
    }
    let plans: i64 = sqlx::query_scalar(
        "select max(custom_plans) from pg_prepared_statements where statement like '%commit.sql%'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!(plans <= 10, "{plans}");
}
