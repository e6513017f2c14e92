//! Facts about commits.

use std::sync::Arc;

use super::Fixture;
use super::sample::{append, change, id, new_run, part, row, start, start_keyed, step, worker};
use crate::codec::Stored;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Store, StoreError};

fn full_row() -> CheckpointRow {
    CheckpointRow {
        seq: Seq(3),
        part: Part("1.0@2".to_owned()),
        direction: Direction::Undo,
        kind: RowKind::Operator,
        point: "hotel".to_owned(),
        operation: Some("hotels::cancel".to_owned()),
        arguments: Some(Stored::from_json("[1]")),
        frame: Some(Stored::from_json("{}")),
        outcome: Some(Stored::from_json("null")),
        created_at: Timestamp(-5),
    }
}

/// Run row and checkpoint row, each field.
pub async fn every_field_is_read_back(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let new = NewRun {
        key: Some("order-42".to_owned()),
        input: Stored::from_json("[{\"to\":\"Rome\"}]"),
        wake_at: Some(Timestamp(7)),
        parent: Some(id(7)),
        depth: 3,
        priority: -128,
        queue: Some("mail".to_owned()),
        ..new_run(1)
    };
    let update = RunUpdate {
        status: Some(RunStatus::Stuck),
        wake_at: Some(Some(Timestamp(8))),
        output: Some(Stored::from_json("1")),
        failure: Some(Stored::from_json("2")),
        finished_at: Some(Timestamp(9)),
        ..RunUpdate::default()
    };
    let commit = Commit {
        run: id(1),
        create: Some(new),
        update,
        rows: vec![full_row()],
    };
    assert_eq!(
        store.commit(&fence, &[commit]).await.unwrap(),
        [Committed::Stored]
    );
    let expected = RunRow {
        id: id(1),
        saga: "trip".to_owned(),
        key: Some("order-42".to_owned()),
        input: Stored::from_json("[{\"to\":\"Rome\"}]"),
        status: RunStatus::Stuck,
        owner: Some(worker("w")),
        epoch: fence.epoch,
        wake_at: Some(Timestamp(8)),
        pending_children: 0,
        cancel: None,
        seq: Seq(3),
        output: Some(Stored::from_json("1")),
        failure: Some(Stored::from_json("2")),
        parent: Some(id(7)),
        depth: 3,
        priority: -128,
        queue: Some("mail".to_owned()),
        absent: false,
        lost: 0,
        created_at: Timestamp(1_000),
        finished_at: Some(Timestamp(9)),
    };
    assert_eq!(store.run(id(1)).await.unwrap(), Some(expected));
    assert_eq!(store.rows_at(id(1), &[Seq(3)]).await.unwrap(), [full_row()]);
}

/// `None` in an update means: as it is.
pub async fn an_update_leaves_what_it_does_not_name(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut start = start(1);
    start.create.as_mut().unwrap().wake_at = Some(Timestamp(7));
    store.commit(&fence, &[start]).await.unwrap();
    let failure = Some(Stored::from_json("{}"));
    let turn = RunUpdate {
        status: Some(RunStatus::RollingBack),
        failure: failure.clone(),
        ..RunUpdate::default()
    };
    store.commit(&fence, &[change(1, turn)]).await.unwrap();
    store.commit(&fence, &[step(1, 2)]).await.unwrap();
    let run = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((run.status, run.seq), (RunStatus::RollingBack, Seq(2)));
    assert_eq!(
        (run.wake_at, run.failure.clone()),
        (Some(Timestamp(7)), failure)
    );
    let woken = RunUpdate {
        wake_at: Some(None),
        ..RunUpdate::default()
    };
    store.commit(&fence, &[change(1, woken)]).await.unwrap();
    let after = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!(
        after,
        RunRow {
            wake_at: None,
            ..run
        }
    );
}

/// A commit that is refused appends none of its rows.
pub async fn a_commit_is_all_or_nothing(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let before = store.run(id(1)).await.unwrap();
    let stale = Commit {
        update: RunUpdate {
            expect: Some(RunStatus::Stuck),
            status: Some(RunStatus::RollingBack),
            ..RunUpdate::default()
        },
        ..append(1, vec![row(2), row(3)])
    };
    assert_eq!(
        store.commit(&fence, &[stale]).await.unwrap(),
        [Committed::Stale]
    );
    assert_eq!(store.run(id(1)).await.unwrap(), before);
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap(), [row(1)]);
}

/// `KeyTaken` and `Stale` are answers, not errors; they come in the order of the batch.
pub async fn one_refused_commit_leaves_the_others_of_its_batch(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store
        .commit(&fence, &[start_keyed(1, "trip", "k")])
        .await
        .unwrap();
    let batch = [
        start(9),
        start_keyed(5, "trip", "k"),
        step(4, 1),
        step(1, 2),
        start(2),
    ];
    let answers = store.commit(&fence, &batch).await.unwrap();
    let [
        Committed::Stored,
        Committed::KeyTaken(taken),
        Committed::Stale,
        rest @ ..,
    ] = answers.as_slice()
    else {
        panic!("{answers:?}");
    };
    assert_eq!(taken.id, id(1));
    assert_eq!(rest, [Committed::Stored, Committed::Stored]);
    for (run, rows) in [(9, 1), (5, 0), (4, 0), (1, 2), (2, 1)] {
        assert_eq!(
            store.run(id(run)).await.unwrap().is_some(),
            rows > 0,
            "{run}"
        );
        assert_eq!(
            store.rows_before(id(run), None, 9).await.unwrap().len(),
            rows,
            "{run}"
        );
    }
}

/// An error means that nothing of the batch was written; the store goes on afterwards.
pub async fn refused_data_refuses_the_batch(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let bad = append(2, vec![part(1, "\0")]);
    let refused = store.commit(&fence, &[start(1), bad]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
    assert_eq!(store.run(id(1)).await.unwrap(), None);
    assert_eq!(
        store.commit(&fence, &[start(1)]).await.unwrap(),
        [Committed::Stored]
    );
}

/// However far the run is by now.
pub async fn a_resent_commit_changes_nothing(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let create = Commit {
        rows: Vec::new(),
        ..start_keyed(1, "trip", "k")
    };
    let first = Commit {
        update: RunUpdate {
            wake_at: Some(Some(Timestamp(5))),
            ..RunUpdate::default()
        },
        ..step(1, 1)
    };
    let last = Commit {
        update: RunUpdate {
            expect: Some(RunStatus::Running),
            status: Some(RunStatus::Completed),
            wake_at: Some(None),
            ..RunUpdate::default()
        },
        ..append(1, vec![row(2), part(2, "@1")])
    };
    let all = [create, first, last];
    for commit in &all {
        store
            .commit(&fence, std::slice::from_ref(commit))
            .await
            .unwrap();
    }
    let run = store.run(id(1)).await.unwrap();
    for commit in &all {
        let answer = store
            .commit(&fence, std::slice::from_ref(commit))
            .await
            .unwrap();
        assert_eq!(answer, [Committed::Stored]);
    }
    assert_eq!(store.run(id(1)).await.unwrap(), run);
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap().len(), 3);
}

/// Rows are never changed; what is new beside them is written.
pub async fn another_row_at_the_same_place_is_left_as_it_is(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let other = CheckpointRow {
        point: "flight".to_owned(),
        ..row(1)
    };
    let commit = append(1, vec![other, row(2)]);
    assert_eq!(
        store.commit(&fence, &[commit]).await.unwrap(),
        [Committed::Stored]
    );
    assert_eq!(
        store.rows_before(id(1), None, 9).await.unwrap(),
        [row(2), row(1)]
    );
    assert_eq!(store.run(id(1)).await.unwrap().unwrap().seq, Seq(2));
}

/// The same key under another saga is another run; no key is never taken.
pub async fn a_key_is_unique_within_its_saga(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [
        start_keyed(1, "trip", "k"),
        start_keyed(2, "order", "k"),
        start_keyed(3, "trip", "K"),
        start(4),
        start(5),
    ];
    let answers = store.commit(&fence, &batch).await.unwrap();
    assert!(
        answers.iter().all(|answer| *answer == Committed::Stored),
        "{answers:?}"
    );
    let again = store
        .commit(&fence, &[start_keyed(6, "order", "k")])
        .await
        .unwrap();
    let holder = store.run_by_key("order", "k").await.unwrap().unwrap();
    assert_eq!(holder.id, id(2));
    assert_eq!(again, [Committed::KeyTaken(Box::new(holder))]);
    // Two of one batch: the smaller id is written first, whatever the order of the batch.
    let race = [
        start_keyed(8, "trip", "race"),
        start_keyed(7, "trip", "race"),
    ];
    let answers = store.commit(&fence, &race).await.unwrap();
    assert!(
        matches!(&answers[..], [Committed::KeyTaken(_), Committed::Stored]),
        "{answers:?}"
    );
}

/// Nothing is created by the way.
pub async fn a_commit_to_no_run_is_stale(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for commit in [step(1, 1), change(1, RunUpdate::default())] {
        assert_eq!(
            store.commit(&fence, &[commit]).await.unwrap(),
            [Committed::Stale]
        );
    }
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap(), []);
    assert_eq!(store.commit(&fence, &[]).await.unwrap(), []);
}

/// Two that want to change the same status: one wins.
pub async fn an_unexpected_status_is_stale(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let to = |status| RunUpdate {
        expect: Some(RunStatus::Running),
        status: Some(status),
        ..RunUpdate::default()
    };
    let one = Commit {
        update: to(RunStatus::Completed),
        ..step(1, 2)
    };
    let point = CheckpointRow {
        point: "other".to_owned(),
        ..row(2)
    };
    let two = Commit {
        update: to(RunStatus::RollingBack),
        ..append(1, vec![point])
    };
    assert_eq!(
        store.commit(&fence, &[one]).await.unwrap(),
        [Committed::Stored]
    );
    assert_eq!(
        store.commit(&fence, &[two]).await.unwrap(),
        [Committed::Stale]
    );
    assert_eq!(
        store.run(id(1)).await.unwrap().unwrap().status,
        RunStatus::Completed
    );
}

/// Each run is written by a task of its own.
pub async fn concurrent_commits_all_arrive(fixture: &dyn Fixture) {
    const RUNS: u128 = 32;
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let tasks: Vec<_> = (1..=RUNS)
        .map(|run| {
            let (store, fence) = (Arc::clone(&store), fence.clone());
            tokio::spawn(async move {
                store.commit(&fence, &[start(run)]).await.unwrap();
                for seq in 2..=5 {
                    store.commit(&fence, &[step(run, seq)]).await.unwrap();
                    assert_eq!(seq_of(&*store, id(run)).await, Seq(seq));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for run in 1..=RUNS {
        assert_eq!(store.rows_before(id(run), None, 99).await.unwrap().len(), 5);
    }
}

async fn seq_of(store: &dyn Store, run: RunId) -> Seq {
    store.run(run).await.unwrap().unwrap().seq
}
