//! Facts about batches that the server may have seen before, or that need more than one statement.

use std::sync::Arc;

use super::{database, number, open};
use crate::codec::Stored;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Seq;
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::store::Store as _;
use crate::store::conformance::sample::{
    append, change, id, row, start, start_keyed, step, worker,
};

#[tokio::test(flavor = "multi_thread")]
async fn one_batch_sent_by_many_at_once_is_stored_once() {
    let url = database().await;
    let store = Arc::new(open(&url).await);
    let other = Arc::new(open(&url).await);
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(9)]).await.unwrap();
    let end = Commit {
        update: RunUpdate {
            expect: Some(RunStatus::Running),
            status: Some(RunStatus::Completed),
            ..RunUpdate::default()
        },
        ..append(9, vec![row(2), row(3)])
    };
    let batch = vec![start_keyed(1, "trip", "k"), start(2), end];
    let sent = (0..8).map(|number| {
        let store = Arc::clone(if number % 2 == 0 { &store } else { &other });
        let (fence, batch) = (fence.clone(), batch.clone());
        tokio::spawn(async move { store.commit(&fence, &batch).await.unwrap() })
    });
    for answers in sent.collect::<Vec<_>>() {
        let answers = answers.await.unwrap();
        assert!(
            answers.iter().all(|answer| *answer == Committed::Stored),
            "{answers:?}"
        );
    }
    assert_eq!(number(&url, "select count(*) from scoop.run").await, 3);
    assert_eq!(
        number(&url, "select count(*) from scoop.checkpoint").await,
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_given_to_many_runs_at_once_is_one_run() {
    let url = database().await;
    let store = Arc::new(open(&url).await);
    let sent = (0..8_u128).map(|number| {
        let (store, url) = (Arc::clone(&store), url.clone());
        tokio::spawn(async move {
            let own = open(&url).await;
            let fence = store.attach(&worker(&number.to_string())).await.unwrap();
            // Every second batch names the keys the other way round.
            let runs = [number * 2 + 1, number * 2 + 2];
            let keys = if number % 2 == 0 {
                ["a", "b"]
            } else {
                ["b", "a"]
            };
            let batch = [0, 1].map(|one| start_keyed(runs[one], "trip", keys[one]));
            own.commit(&fence, &batch).await.unwrap()
        })
    });
    let mut stored = 0;
    for answers in sent.collect::<Vec<_>>() {
        for answer in answers.await.unwrap() {
            stored += usize::from(answer == Committed::Stored);
        }
    }
    assert_eq!(stored, 2);
    assert_eq!(number(&url, "select count(*) from scoop.run").await, 2);
}

/// A change is not lost because another row is at the place of its only row.
#[tokio::test]
async fn a_change_whose_row_is_taken_is_made() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let turn = |status, point: &str| Commit {
        update: RunUpdate {
            expect: Some(status),
            status: Some(RunStatus::RollingBack),
            ..RunUpdate::default()
        },
        ..append(
            1,
            vec![crate::protocol::checkpoint::CheckpointRow {
                point: point.to_owned(),
                ..row(1)
            }],
        )
    };
    let stale = turn(RunStatus::Stuck, "x");
    assert_eq!(
        store.commit(&fence, &[stale]).await.unwrap(),
        [Committed::Stale]
    );
    let made = turn(RunStatus::Running, "x");
    assert_eq!(
        store.commit(&fence, &[made]).await.unwrap(),
        [Committed::Stored]
    );
    let run = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((run.status, run.seq), (RunStatus::RollingBack, Seq(1)));
}

/// Several statements, one transaction.
#[tokio::test]
async fn a_batch_of_many_bytes_is_all_or_nothing() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let large = Stored::from_json(&format!("\"{}\"", "x".repeat(40 << 20)));
    let heavy = |run| {
        let mut commit = start(run);
        commit.rows[0].frame = Some(large.clone());
        commit
    };
    let mut bad = start_keyed(4, "trip", "k");
    // PostgreSQL indexes no text as long as this one, which cannot be made shorter.
    let noise = (0..4_000_u32).map(|number| format!("{:08x}", number.wrapping_mul(2_654_435_761)));
    bad.create.as_mut().unwrap().key = Some(noise.collect());
    let batch = [heavy(1), heavy(2), heavy(3), bad.clone()];
    let error = store.commit(&fence, &batch).await.unwrap_err();
    assert!(
        matches!(error, crate::store::StoreError::Refused(_)),
        "{error:?}"
    );
    assert_eq!(number(&url, "select count(*) from scoop.run").await, 0);
    let answers = store.commit(&fence, &batch[..3]).await.unwrap();
    assert_eq!(answers.len(), 3);
    assert!(
        store.rows_at(id(3), &[Seq(1)]).await.unwrap()[0]
            .frame
            .as_ref()
            == Some(&large)
    );
}

#[tokio::test]
async fn a_run_that_occurs_often_in_a_batch_is_written_in_order() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let to = |status| RunUpdate {
        status: Some(status),
        ..RunUpdate::default()
    };
    let batch = [
        start(1),
        change(1, to(RunStatus::RollingBack)),
        step(1, 2),
        change(1, to(RunStatus::RolledBack)),
    ];
    let answers = store.commit(&fence, &batch).await.unwrap();
    assert_eq!(answers, vec![Committed::Stored; 4]);
    let run = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((run.status, run.seq), (RunStatus::RolledBack, Seq(2)));
}
