//! Facts about cancelling: who wins is decided by the row of the run.

use std::sync::Arc;

use super::Fixture;
use super::sample::{append, change, id, new_run, row, start, step, worker};
use crate::codec::Stored;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;

fn cancel(reason: &str) -> RunUpdate {
    RunUpdate {
        expect: Some(RunStatus::Running),
        cancel: Some(reason.to_owned()),
        ..RunUpdate::default()
    }
}

fn end(run: u128) -> Commit {
    Commit {
        update: RunUpdate {
            unless_cancelled: true,
            status: Some(RunStatus::Completed),
            output: Some(Stored::from_json("1")),
            ..RunUpdate::default()
        },
        ..append(run, vec![row(2)])
    }
}

/// The end of a run is refused whole when somebody asked to cancel it, and the other way round.
pub async fn who_comes_first_wins(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let other = store.attach(&worker("other")).await.unwrap();
    let starts = [start(1), start(2)];
    store.commit(&fence, &starts).await.unwrap();
    let cancelled = store.commit(&other, &[change(1, cancel("why"))]).await;
    assert_eq!(cancelled.unwrap(), [Committed::Stored]);
    let ended = store.commit(&fence, &[end(1), end(2)]).await.unwrap();
    assert_eq!(ended, [Committed::Stale, Committed::Stored]);
    let late = store.commit(&other, &[change(2, cancel("late"))]).await;
    assert_eq!(late.unwrap(), [Committed::Stale]);
    let [first, second] = [1, 2].map(id);
    let first = store.run(first).await.unwrap().unwrap();
    let second = store.run(second).await.unwrap().unwrap();
    assert_eq!(
        (first.status, first.cancel.as_deref(), first.output),
        (RunStatus::Running, Some("why"), None)
    );
    assert_eq!((first.owner, first.epoch), (Some(worker("w")), fence.epoch));
    assert_eq!((second.status, second.cancel), (RunStatus::Completed, None));
    let rows = store.rows_before(id(1), None, 9).await.unwrap();
    assert_eq!(rows, [row(1)]);
}

/// The end is stored again without effect, whoever comes after it.
pub async fn an_end_that_is_stored_is_stored_again(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    for _ in 0..2 {
        let ended = store.commit(&fence, &[end(1)]).await.unwrap();
        assert_eq!(ended, [Committed::Stored]);
        // Whatever is asked of it then.
        let unconditional = RunUpdate {
            expect: None,
            ..cancel("late")
        };
        store
            .commit(&fence, &[change(1, unconditional)])
            .await
            .unwrap();
    }
}

/// A second request does not change the first, and nothing else of the run.
pub async fn the_first_reason_stays(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    for reason in ["", "second"] {
        let asked = store.commit(&fence, &[change(1, cancel(reason))]).await;
        assert_eq!(asked.unwrap(), [Committed::Stored]);
    }
    let run = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!(run.cancel.as_deref(), Some(""));
    store
        .commit(&fence, &[append(1, vec![row(2)])])
        .await
        .unwrap();
    let after = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((after.cancel, after.status), (run.cancel, run.status));
}

/// Those of this life of the worker only, and only those that run forward.
pub async fn a_worker_finds_its_runs_that_are_to_be_cancelled(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let other = store.attach(&worker("other")).await.unwrap();
    let starts = [start(1), start(2), start(3), start(4)];
    store.commit(&fence, &starts).await.unwrap();
    store.commit(&other, &[start(5)]).await.unwrap();
    assert_eq!(store.cancelled(&fence).await.unwrap(), []);
    for (run, reason) in [(3, "c"), (1, "a"), (5, "e"), (4, "d")] {
        let asked = store.commit(&other, &[change(run, cancel(reason))]).await;
        assert_eq!(asked.unwrap(), [Committed::Stored]);
    }
    let back = RunUpdate {
        status: Some(RunStatus::RollingBack),
        ..RunUpdate::default()
    };
    store.commit(&fence, &[change(4, back)]).await.unwrap();
    let found = store.cancelled(&fence).await.unwrap();
    assert_eq!(found, [(id(1), "a".to_owned()), (id(3), "c".to_owned())]);
    let found = store.cancelled(&other).await.unwrap();
    assert_eq!(found, [(id(5), "e".to_owned())]);
}

/// So that it hears of that, whenever it was to be woken; once, because it may have to wait on.
pub async fn what_nobody_has_is_due_at_once(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let waits = |run, owned, wake_at| Commit {
        create: Some(NewRun {
            owned,
            wake_at: Some(Timestamp(wake_at)),
            ..new_run(run)
        }),
        ..step(run, 1)
    };
    let starts = [waits(1, false, 9), waits(2, true, 9)];
    store.commit(&fence, &starts).await.unwrap();
    let mut found = Vec::new();
    for wake_at in [None, Some(Timestamp(7))] {
        let again = RunUpdate {
            wake_at: wake_at.map(Some),
            ..RunUpdate::default()
        };
        for run in [1, 2] {
            store
                .commit(&fence, &[change(run, again.clone())])
                .await
                .unwrap();
            let asked = store.commit(&fence, &[change(run, cancel("why"))]).await;
            assert_eq!(asked.unwrap(), [Committed::Stored]);
            found.push(store.run(id(run)).await.unwrap().unwrap().wake_at);
        }
    }
    let expected = [None, Some(9), Some(7), Some(7)];
    assert_eq!(found, expected.map(|at| at.map(Timestamp)));
}

/// However many come at once: the row says one thing, and the answers say the same.
pub async fn an_end_and_a_cancel_at_once_agree(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let other = store.attach(&worker("other")).await.unwrap();
    for run in 1..=20 {
        store.commit(&fence, &[start(run)]).await.unwrap();
        let ending = {
            let (store, fence) = (Arc::clone(&store), fence.clone());
            tokio::spawn(async move { store.commit(&fence, &[end(run)]).await.unwrap() })
        };
        let cancelled = store.commit(&other, &[change(run, cancel("why"))]).await;
        let (ended, cancelled) = (ending.await.unwrap(), cancelled.unwrap());
        let row = store.run(id(run)).await.unwrap().unwrap();
        let won = row.status == RunStatus::Completed;
        let answer = |won| {
            [if won {
                Committed::Stored
            } else {
                Committed::Stale
            }]
        };
        assert_eq!(
            (ended, cancelled),
            (answer(won).into(), answer(!won).into())
        );
        assert_eq!(row.cancel.is_some(), !won);
    }
}
