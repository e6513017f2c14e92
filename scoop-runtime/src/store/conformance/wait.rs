//! Facts about runs that wait in the store: when they are claimed, and in which order.

use super::Fixture;
use super::sample::{change, id, new_run, start, step, worker};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId};
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Claim, Store};

/// A run that nobody has, to be woken at this moment.
fn waits(run: u128, wake_at: Option<i64>, created_at: i64) -> Commit {
    let new = NewRun {
        owned: false,
        wake_at: wake_at.map(Timestamp),
        created_at: Timestamp(created_at),
        ..new_run(run)
    };
    Commit {
        create: Some(new),
        ..step(run, 1)
    }
}

async fn claimed(store: &dyn Store, fence: &Fence, now: i64, limit: u32) -> Vec<RunId> {
    let claim = Claim {
        now: Timestamp(now),
        limit,
        ..Claim::default()
    };
    let runs = store.claim(fence, &claim).await.unwrap();
    runs.iter().map(|run| run.id).collect()
}

fn release(wake_at: i64) -> RunUpdate {
    RunUpdate {
        wake_at: Some(Some(Timestamp(wake_at))),
        released: true,
        ..RunUpdate::default()
    }
}

/// Not a moment before.
pub async fn a_run_that_waits_is_claimed_when_it_is_due(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [waits(1, Some(100), 1), waits(2, Some(200), 1)];
    store.commit(&fence, &batch).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 99, 9).await, []);
    assert_eq!(claimed(&*store, &fence, 100, 9).await, [id(1)]);
    assert_eq!(claimed(&*store, &fence, 199, 9).await, []);
    assert_eq!(claimed(&*store, &fence, 999, 9).await, [id(2)]);
}

/// Those that have been due for the longest time, whether they wait for a moment or not. Ids are in the
/// order of time.
pub async fn the_oldest_are_claimed_first(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [
        waits(1, Some(500), 1),
        waits(2, None, 200),
        waits(3, Some(300), 1),
        waits(4, None, 400),
        waits(5, Some(9_000), 1),
    ];
    store.commit(&fence, &batch).await.unwrap();
    for run in [2, 3, 4, 1] {
        assert_eq!(claimed(&*store, &fence, 1_000, 1).await, [id(run)]);
    }
    assert_eq!(claimed(&*store, &fence, 1_000, 1).await, []);
}

/// It waited in memory.
pub async fn a_run_of_a_dead_worker_is_claimed_whatever_it_waits_for(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let dead = store.attach(&worker("dead")).await.unwrap();
    let update = RunUpdate {
        wake_at: Some(Some(Timestamp(500))),
        ..RunUpdate::default()
    };
    store.commit(&dead, &[start(1)]).await.unwrap();
    store.commit(&dead, &[change(1, update)]).await.unwrap();
    store.detach(&dead).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 0, 9).await, [id(1)]);
}

/// It tells a run that was left waiting from one whose wait may have been over; one that has not begun
/// is not to begin earlier.
pub async fn what_a_run_of_a_dead_worker_waited_for_is_forgotten(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let dead = store.attach(&worker("dead")).await.unwrap();
    let mut owned = [waits(1, Some(100), 1), waits(2, Some(100), 1)];
    for commit in &mut owned {
        commit.create.as_mut().unwrap().owned = true;
    }
    owned[1].rows.clear();
    let batch = [&owned[..], &[waits(3, Some(100), 1)]].concat();
    store.commit(&dead, &batch).await.unwrap();
    store.detach(&dead).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let due = claimed(&*store, &fence, 100, 9).await;
    assert_eq!(due, [id(1), id(2), id(3)]);
    for (run, wake_at) in [(1, None), (2, Some(100)), (3, Some(100))] {
        let row = store.run(id(run)).await.unwrap().unwrap();
        assert_eq!(row.wake_at, wake_at.map(Timestamp), "{run}");
    }
}

/// Of the active runs that nobody has.
pub async fn the_next_run_that_is_due_is_found(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let next = async |after| store.next_due(Timestamp(after)).await.unwrap();
    assert_eq!(next(0).await, None);
    let mut owned = waits(1, Some(50), 1);
    if let Some(new) = &mut owned.create {
        new.owned = true;
    }
    let stuck = RunUpdate {
        status: Some(RunStatus::Stuck),
        ..RunUpdate::default()
    };
    let batch = [
        owned,
        waits(2, Some(200), 1),
        waits(3, Some(100), 1),
        waits(4, None, 1),
        waits(5, Some(20), 1),
    ];
    store.commit(&fence, &batch).await.unwrap();
    store.commit(&fence, &[change(5, stuck)]).await.unwrap();
    assert_eq!(next(0).await, Some(Timestamp(100)));
    assert_eq!(next(100).await, Some(Timestamp(200)));
    assert_eq!(next(200).await, None);
}

/// It keeps what else is written.
pub async fn a_run_is_released_with_a_row_or_without(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [
        Commit {
            update: release(100),
            ..start(1)
        },
        start(2),
        start(3),
    ];
    store.commit(&fence, &batch).await.unwrap();
    let batch = [
        Commit {
            update: release(100),
            ..step(2, 2)
        },
        change(3, release(100)),
    ];
    let stored = [Committed::Stored, Committed::Stored];
    assert_eq!(store.commit(&fence, &batch).await.unwrap(), stored);
    for run in 1..=3 {
        let row = store.run(id(run)).await.unwrap().unwrap();
        assert_eq!((row.owner, row.epoch), (None, 0), "{run}");
        assert_eq!(row.wake_at, Some(Timestamp(100)), "{run}");
    }
    let due = claimed(&*store, &fence, 100, 9).await;
    assert_eq!(due, [id(1), id(2), id(3)]);
}

/// A release whose answer was lost may be sent again when somebody else has the run.
pub async fn a_run_that_another_worker_has_is_not_released(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let one = store.attach(&worker("one")).await.unwrap();
    let two = store.attach(&worker("two")).await.unwrap();
    store.commit(&one, &[start(1)]).await.unwrap();
    let release = [change(1, release(100))];
    store.commit(&one, &release).await.unwrap();
    assert_eq!(claimed(&*store, &two, 100, 9).await, [id(1)]);
    store.commit(&one, &release).await.unwrap();
    let row = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((row.owner, row.epoch), (Some(two.worker), two.epoch));
}
