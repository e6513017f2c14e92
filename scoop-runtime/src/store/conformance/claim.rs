//! Facts about workers, their lives and what they may claim.

use std::sync::Arc;

use super::Fixture;
use super::sample::{change, claim, id, new_run, start, start_keyed, step, worker};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, RunId};
use crate::protocol::run::{NewRun, RunRow, RunStatus, RunUpdate};
use crate::store::{Claim, Store, StoreError};

async fn abandoned(fixture: &dyn Fixture, runs: u128) -> Arc<dyn Store> {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("dead")).await.unwrap();
    let batch: Vec<_> = (1..=runs).map(start).collect();
    store.commit(&fence, &batch).await.unwrap();
    store.detach(&fence).await.unwrap();
    store
}

fn ids(runs: &[RunRow]) -> Vec<RunId> {
    runs.iter().map(|run| run.id).collect()
}

async fn assert_fenced(store: &dyn Store, fence: &Fence) {
    for error in [
        store.commit(fence, &[start(77)]).await.unwrap_err(),
        store.commit(fence, &[step(1, 9)]).await.unwrap_err(),
        store.claim(fence, &claim(9)).await.unwrap_err(),
    ] {
        let StoreError::Fenced(name) = &error else {
            panic!("{error}")
        };
        assert_eq!(*name, fence.worker);
    }
    assert_eq!(store.run(id(77)).await.unwrap(), None);
}

/// Page by page, each run once.
pub async fn claims_come_in_the_order_of_ids(fixture: &dyn Fixture) {
    let store = abandoned(fixture, 5).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    assert_eq!(store.claim(&fence, &claim(0)).await.unwrap(), []);
    let first = store.claim(&fence, &claim(2)).await.unwrap();
    assert_eq!(ids(&first), [id(1), id(2)]);
    assert_eq!(first[0].owner, Some(worker("w")));
    assert_eq!(first[0].epoch, fence.epoch);
    assert_eq!(store.run(id(1)).await.unwrap().as_ref(), Some(&first[0]));
    let rest = store.claim(&fence, &claim(9)).await.unwrap();
    assert_eq!(ids(&rest), [id(3), id(4), id(5)]);
    assert_eq!(store.claim(&fence, &claim(9)).await.unwrap(), []);
}

/// A process that only starts runs leaves them to the workers.
pub async fn a_run_without_an_owner_is_claimed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let starter = store.attach(&worker("starter")).await.unwrap();
    let new = NewRun {
        owned: false,
        ..new_run(1)
    };
    let commit = Commit {
        create: Some(new),
        ..step(1, 1)
    };
    store.commit(&starter, &[commit]).await.unwrap();
    assert_eq!(store.run(id(1)).await.unwrap().unwrap().owner, None);
    let fence = store.attach(&worker("w")).await.unwrap();
    assert_eq!(ids(&store.claim(&fence, &claim(9)).await.unwrap()), [id(1)]);
}

/// Those of the sagas that are named, and no others; they stay for whoever can continue them.
pub async fn only_runs_of_the_named_sagas_are_claimed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("dead")).await.unwrap();
    let batch = [
        start_keyed(1, "order", "1"),
        start_keyed(2, "trip", "2"),
        start_keyed(3, "refund", "3"),
    ];
    store.commit(&fence, &batch).await.unwrap();
    store.detach(&fence).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let of = |sagas: &[&str]| Claim {
        sagas: Some(sagas.iter().map(ToString::to_string).collect()),
        ..claim(9)
    };
    assert_eq!(store.claim(&fence, &of(&[])).await.unwrap(), []);
    let known = store.claim(&fence, &of(&["trip", "o", "refund"])).await;
    assert_eq!(ids(&known.unwrap()), [id(2), id(3)]);
    let rest = store.claim(&fence, &claim(9)).await.unwrap();
    assert_eq!(ids(&rest), [id(1)]);
}

/// It takes what is left.
pub async fn named_runs_are_left_out_of_a_claim(fixture: &dyn Fixture) {
    let store = abandoned(fixture, 4).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let without = Claim {
        except: vec![id(1), id(3), id(99)],
        ..claim(1)
    };
    assert_eq!(ids(&store.claim(&fence, &without).await.unwrap()), [id(2)]);
    assert_eq!(ids(&store.claim(&fence, &without).await.unwrap()), [id(4)]);
    assert_eq!(store.claim(&fence, &without).await.unwrap(), []);
    let rest = store.claim(&fence, &claim(9)).await.unwrap();
    assert_eq!(ids(&rest), [id(1), id(3)]);
}

/// From one worker to nobody, and to another.
pub async fn a_run_is_given_away_and_taken(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let one = store.attach(&worker("one")).await.unwrap();
    let two = store.attach(&worker("two")).await.unwrap();
    store.commit(&one, &[start(1), start(2)]).await.unwrap();
    let owned = |run, owned| {
        let to = RunUpdate {
            owned: Some(owned),
            ..RunUpdate::default()
        };
        change(run, to)
    };
    store.commit(&one, &[owned(1, false)]).await.unwrap();
    let run = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((run.owner, run.epoch), (None, 0));
    assert_eq!(ids(&store.claim(&two, &claim(9)).await.unwrap()), [id(1)]);
    store.commit(&two, &[owned(2, true)]).await.unwrap();
    let run = store.run(id(2)).await.unwrap().unwrap();
    assert_eq!((run.owner, run.epoch), (Some(two.worker), two.epoch));
}

/// A run that waits is active, too.
pub async fn only_active_runs_are_claimed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("dead")).await.unwrap();
    for (run, status) in (1..).zip(RunStatus::ALL) {
        let to = RunUpdate {
            status: Some(status),
            ..RunUpdate::default()
        };
        store.commit(&fence, &[start(run)]).await.unwrap();
        store.commit(&fence, &[change(run, to)]).await.unwrap();
    }
    store.detach(&fence).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let claimed = store.claim(&fence, &claim(9)).await.unwrap();
    let statuses: Vec<_> = claimed.iter().map(|run| run.status).collect();
    assert_eq!(statuses, [RunStatus::Running, RunStatus::RollingBack]);
}

/// Until that worker ends.
pub async fn runs_of_a_live_worker_are_left_alone(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let one = store.attach(&worker("one")).await.unwrap();
    let two = store.attach(&worker("two")).await.unwrap();
    store.commit(&one, &[start(1)]).await.unwrap();
    assert_eq!(store.claim(&two, &claim(9)).await.unwrap(), []);
    assert_eq!(store.claim(&one, &claim(9)).await.unwrap(), []);
    store.detach(&one).await.unwrap();
    assert_eq!(ids(&store.claim(&two, &claim(9)).await.unwrap()), [id(1)]);
}

/// Whether the name is the same or another.
pub async fn runs_of_an_earlier_life_are_claimed(fixture: &dyn Fixture) {
    for name in ["same", "other"] {
        let store = fixture.fresh().await;
        let before = store.attach(&worker("same")).await.unwrap();
        store.commit(&before, &[start(1)]).await.unwrap();
        let store = fixture.reopen(store).await;
        let after = store.attach(&worker(name)).await.unwrap();
        let claimed = store.claim(&after, &claim(9)).await.unwrap();
        assert_eq!(ids(&claimed), [id(1)], "{name}");
        assert_eq!(
            (claimed[0].owner.clone(), claimed[0].epoch),
            (Some(after.worker), after.epoch)
        );
    }
}

/// Epochs count up over restarts.
pub async fn an_old_life_writes_nothing(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let old = store.attach(&worker("w")).await.unwrap();
    store.commit(&old, &[start(1)]).await.unwrap();
    let store = fixture.reopen(store).await;
    let new = store.attach(&worker("w")).await.unwrap();
    assert_eq!(new.epoch, old.epoch + 1);
    assert_fenced(&*store, &old).await;
    store.commit(&new, &[step(1, 2)]).await.unwrap();
    let stranger = Fence {
        worker: worker("stranger"),
        epoch: 1,
    };
    assert_fenced(&*store, &stranger).await;
}

/// Not even under its own, last epoch.
pub async fn a_detached_worker_writes_nothing(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    store.detach(&fence).await.unwrap();
    assert_fenced(&*store, &fence).await;
}

/// A late detach of the life before does no harm.
pub async fn detaching_an_old_life_leaves_the_new_one(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let old = store.attach(&worker("w")).await.unwrap();
    store.detach(&old).await.unwrap();
    let new = store.attach(&worker("w")).await.unwrap();
    store.detach(&old).await.unwrap();
    store.commit(&new, &[start(1)]).await.unwrap();
}
