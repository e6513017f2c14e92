//! Facts about runs that wait for others: when they are given up, and what makes them due.

use super::Fixture;
use super::sample::{change, id, new_run, start, step, worker};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Claim, Rest, Rested, Store, StoreError};

const LATE: i64 = 1_000_000;
const ENDED: i64 = 5_000;

/// A run that this one awaits.
#[must_use]
pub fn below(run: u128, above: u128) -> Commit {
    let new = NewRun {
        parent: Some(id(above)),
        depth: 1,
        ..new_run(run)
    };
    Commit {
        create: Some(new),
        ..step(run, 1)
    }
}

/// That this run waits for those.
#[must_use]
pub fn rest(run: u128, below: &[u128]) -> Rest {
    Rest {
        run: id(run),
        until: Timestamp(LATE),
        below: below.iter().map(|run| id(*run)).collect(),
        unless_cancelled: true,
        now: Timestamp(ENDED),
    }
}

/// A run is active no more.
#[must_use]
pub fn ends(run: u128, status: RunStatus) -> Commit {
    let update = RunUpdate {
        status: Some(status),
        finished_at: status.is_final().then_some(Timestamp(ENDED)),
        ..RunUpdate::default()
    };
    Commit {
        update,
        ..step(run, 2)
    }
}

async fn row(store: &dyn Store, run: u128) -> RunRow {
    store.run(id(run)).await.unwrap().unwrap()
}

/// The runs that a worker takes at this moment.
pub async fn claimed(store: &dyn Store, fence: &Fence, now: i64) -> Vec<RunId> {
    let claim = Claim {
        now: Timestamp(now),
        limit: 9,
        ..Claim::default()
    };
    let runs = store.claim(fence, &claim).await.unwrap();
    runs.iter().map(|run| run.id).collect()
}

async fn commit(store: &dyn Store, fence: &Fence, batch: &[Commit]) -> Vec<Committed> {
    store.commit(fence, batch).await.unwrap()
}

/// Whoever may claim the one above does so when the other has ended, and not before.
pub async fn the_end_of_a_run_makes_the_one_above_due(fixture: &dyn Fixture) {
    for (number, status) in [
        RunStatus::Completed,
        RunStatus::RolledBack,
        RunStatus::Stuck,
    ]
    .into_iter()
    .enumerate()
    {
        let store = fixture.fresh().await;
        let fence = store.attach(&worker("w")).await.unwrap();
        commit(&*store, &fence, &[start(1), below(2, 1)]).await;
        let rested = store.rest(&fence, &rest(1, &[2])).await.unwrap();
        assert_eq!(rested, Rested::Left);
        let above = row(&*store, 1).await;
        assert_eq!((above.owner, above.epoch), (None, 0));
        assert_eq!(above.wake_at, Some(Timestamp(LATE)));
        assert_eq!(above.pending_children, 1);
        assert_eq!(claimed(&*store, &fence, LATE - 1).await, []);
        let other = RunUpdate {
            status: Some(RunStatus::RollingBack),
            ..RunUpdate::default()
        };
        let stored = [Committed::Stored];
        assert_eq!(commit(&*store, &fence, &[change(2, other)]).await, stored);
        let woke = [Committed::StoredAndWoke];
        let end = [ends(2, status)];
        assert_eq!(commit(&*store, &fence, &end).await, woke, "{number}");
        // It is not as if it had waited for nothing.
        let since = if status.is_final() { ENDED } else { 1_000 };
        let above = row(&*store, 1).await;
        assert_eq!(above.wake_at, Some(Timestamp(since)), "{number}");
        assert_eq!(claimed(&*store, &fence, ENDED).await, [id(1)]);
        assert_eq!(row(&*store, 1).await.pending_children, 0);
        // Sent again, because the answer was lost.
        assert_eq!(commit(&*store, &fence, &end).await, stored);
    }
}

/// At the latest.
pub async fn who_rests_is_due_at_some_time(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    commit(&*store, &fence, &[start(1), below(2, 1), start(3)]).await;
    store.rest(&fence, &rest(1, &[2])).await.unwrap();
    store.rest(&fence, &rest(3, &[])).await.unwrap();
    let due = store.next_due(Timestamp(0)).await.unwrap();
    assert_eq!(due, Some(Timestamp(LATE)));
    assert_eq!(claimed(&*store, &fence, LATE).await, [id(1), id(3)]);
}

/// Not where there would be nobody to wake it.
pub async fn nobody_rests_beside_what_is_active_no_more(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let runs = [start(1), below(2, 1), below(3, 1), below(4, 1)];
    commit(&*store, &fence, &runs).await;
    let batch = [ends(2, RunStatus::Completed), ends(3, RunStatus::Stuck)];
    assert_eq!(
        commit(&*store, &fence, &batch).await,
        [const { Committed::Stored }; 2]
    );
    for below in [&[2, 4][..], &[4, 3], &[4, 5]] {
        let rested = store.rest(&fence, &rest(1, below)).await.unwrap();
        assert_eq!(rested, Rested::Kept, "{below:?}");
        assert_eq!(row(&*store, 1).await.owner.as_ref(), Some(&fence.worker));
    }
    let end = [ends(4, RunStatus::Completed)];
    assert_eq!(commit(&*store, &fence, &end).await, [Committed::Stored]);
}

/// Unless it is known to whoever lets it rest.
pub async fn who_is_to_be_cancelled_hears_of_that_first(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    commit(&*store, &fence, &[start(1), below(2, 1)]).await;
    let cancel = RunUpdate {
        expect: Some(RunStatus::Running),
        cancel: Some("why".to_owned()),
        ..RunUpdate::default()
    };
    commit(&*store, &fence, &[change(1, cancel.clone())]).await;
    let mut asked = rest(1, &[2]);
    assert_eq!(store.rest(&fence, &asked).await.unwrap(), Rested::Kept);
    asked.unless_cancelled = false;
    assert_eq!(store.rest(&fence, &asked).await.unwrap(), Rested::Left);
    assert_eq!(row(&*store, 1).await.owner, None);
    // And one that rests already is due.
    commit(&*store, &fence, &[start(3), below(4, 3)]).await;
    store.rest(&fence, &rest(3, &[4])).await.unwrap();
    commit(&*store, &fence, &[change(3, cancel)]).await;
    assert_eq!(claimed(&*store, &fence, 0).await, [id(3)]);
}

/// Asking again, because the answer was lost, takes it from nobody.
pub async fn nobody_gives_up_what_another_worker_has(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let one = store.attach(&worker("one")).await.unwrap();
    let two = store.attach(&worker("two")).await.unwrap();
    commit(&*store, &one, &[start(1), below(2, 1)]).await;
    for _ in 0..2 {
        let rested = store.rest(&one, &rest(1, &[2])).await.unwrap();
        assert_eq!(rested, Rested::Left);
    }
    commit(&*store, &one, &[ends(2, RunStatus::Completed)]).await;
    assert_eq!(claimed(&*store, &two, ENDED).await, [id(1)]);
    let rested = store.rest(&one, &rest(1, &[2])).await.unwrap();
    assert_eq!(rested, Rested::Left);
    assert_eq!(row(&*store, 1).await.owner, Some(two.worker));
    store.detach(&one).await.unwrap();
    let refused = store.rest(&one, &rest(1, &[2])).await.unwrap_err();
    assert!(matches!(refused, StoreError::Fenced(_)), "{refused}");
}

/// Of two that end in one batch as well, with another end beside them that concerns nobody.
pub async fn the_first_of_several_wakes_the_one_above(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let runs = [start(9), below(2, 9), below(3, 9), below(4, 9), start(5)];
    commit(&*store, &fence, &runs).await;
    store.rest(&fence, &rest(9, &[4, 2, 3])).await.unwrap();
    assert_eq!(row(&*store, 9).await.pending_children, 3);
    let batch = [
        ends(2, RunStatus::Completed),
        ends(5, RunStatus::Completed),
        ends(3, RunStatus::RolledBack),
    ];
    let answers = commit(&*store, &fence, &batch).await;
    assert_eq!(answers[1], Committed::Stored);
    assert!(answers.contains(&Committed::StoredAndWoke), "{answers:?}");
    assert_eq!(claimed(&*store, &fence, ENDED).await, [id(9)]);
    // It has the third in mind itself.
    let end = [ends(4, RunStatus::Completed)];
    assert_eq!(commit(&*store, &fence, &end).await, [Committed::Stored]);
    assert_eq!(row(&*store, 9).await.owner, Some(fence.worker));
}

/// Their ends may share a batch with changes of the one above.
pub async fn who_changes_beside_what_ends_is_due_all_the_same(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    commit(&*store, &fence, &[start(1), below(2, 1)]).await;
    store.rest(&fence, &rest(1, &[2])).await.unwrap();
    let cancel = RunUpdate {
        cancel: Some("why".to_owned()),
        ..RunUpdate::default()
    };
    let batch = [change(1, cancel), ends(2, RunStatus::Completed)];
    commit(&*store, &fence, &batch).await;
    let row = row(&*store, 1).await;
    assert_eq!(row.cancel.as_deref(), Some("why"));
    assert_eq!(claimed(&*store, &fence, ENDED).await, [id(1)]);
}
