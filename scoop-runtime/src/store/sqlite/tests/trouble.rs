//! Facts about a database that is full, busy or damaged, and about callers that go away.

use std::future::Future as _;
use std::sync::Arc;
use std::task::{Context, Waker};

use sqlx::Connection as _;
use sqlx::Executor as _;

use super::{execute, fresh, raw};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::store::conformance::sample::{append, id, row, start, step, worker};
use crate::store::{Store as _, StoreError};

#[tokio::test]
async fn a_full_disk_is_temporary_and_leaves_nothing_behind() {
    let (_directory, _path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut transaction = store.writer.begin().await.unwrap();
    transaction
        .connection
        .execute("pragma max_page_count = 1")
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let large = Stored::from_json(&format!("\"{}\"", "x".repeat(1 << 20)));
    let large = CheckpointRow {
        frame: Some(large),
        ..row(1)
    };
    let batch = [
        start(1),
        Commit {
            rows: vec![large],
            ..start(2)
        },
    ];
    let error = store.commit(&fence, &batch).await.unwrap_err();
    assert!(
        error.is_temporary() && error.to_string().contains("is full"),
        "{error}"
    );
    assert_eq!(store.run(id(1)).await.unwrap(), None);
    // The next transaction has a new connection, without the limit.
    assert_eq!(
        store.commit(&fence, &batch).await.unwrap(),
        [const { Committed::Stored }; 2]
    );
}

#[tokio::test]
async fn a_transaction_of_the_application_is_waited_for() {
    let (_directory, path, store) = fresh().await;
    let store = Arc::new(store);
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut application = raw(&path).await;
    application.execute("begin immediate").await.unwrap();
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.commit(&fence, &[start(1)]).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(store.run(id(1)).await.unwrap(), None, "readers do not wait");
    application.execute("commit").await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), [Committed::Stored]);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_store() {
    let (_directory, _path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for (run, polls) in (1..).zip([1, 2, 3, 5, 8, 13]) {
        let batch = [start(run), append(run, vec![row(2)])];
        let mut commit = Box::pin(store.commit(&fence, &batch));
        for _ in 0..polls {
            let mut context = Context::from_waker(Waker::noop());
            if commit.as_mut().poll(&mut context).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(commit);
        let answer = store.commit(&fence, &batch).await.unwrap();
        assert_eq!(answer, [const { Committed::Stored }; 2]);
        assert_eq!(store.rows_before(id(run), None, 9).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_constraint_refuses_the_data() {
    let (_directory, _path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut transaction = store.writer.begin().await.unwrap();
    let error = transaction
        .connection
        .execute("insert into scoop_worker values ('x', 0, 1)")
        .await
        .map_err(store.translate())
        .unwrap_err();
    drop(transaction);
    assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
    store.commit(&fence, &[start(1), step(1, 2)]).await.unwrap();
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_damaged() {
    let (_directory, path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    execute(
        &path,
        "pragma ignore_check_constraints = on; update scoop_run set status = 9",
    )
    .await;
    let error = store.run(id(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert!(
        error.to_string().contains("a row has the status 9"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_answered_is_on_the_disk() {
    let (_directory, _path, store) = fresh().await;
    let mut transaction = store.writer.begin().await.unwrap();
    for (pragma, expected) in [
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5_000),
    ] {
        let sql = sqlx::AssertSqlSafe(format!("pragma {pragma}"));
        let found: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut transaction.connection)
            .await
            .unwrap();
        assert_eq!(found, expected, "{pragma}");
    }
    let mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(&mut transaction.connection)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
    transaction.connection.ping().await.unwrap();
}
