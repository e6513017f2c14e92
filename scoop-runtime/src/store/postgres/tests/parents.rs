//! Facts about runs that wait for others while those end, on connections of their own.

use std::time::Duration;

use sqlx::{Executor as _, PgConnection};

use super::{database, number, open, raw};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Fence;
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::store::conformance::rest::{below, claimed, ends, rest};
use crate::store::conformance::sample::{change, id, new_run, start, step, worker};
use crate::store::{PostgresStore, Rested, Store as _};

const WAITS: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'";

/// A worker that has given up its run 1, which waits for these.
async fn resting(url: &str, runs: &[u128]) -> (PostgresStore, Fence) {
    let store = open(url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut batch = vec![start(1)];
    batch.extend(runs.iter().map(|run| below(*run, 1)));
    store.commit(&fence, &batch).await.unwrap();
    store.rest(&fence, &rest(1, runs)).await.unwrap();
    (store, fence)
}

/// Somebody who has locked the runs at the top.
async fn held(url: &str) -> PgConnection {
    let mut held = raw(url).await;
    let lock = "begin; select from scoop.run where depth = 0 for no key update";
    held.execute(lock).await.unwrap();
    held
}

/// Two workers, one of which has what is above, the other what is below: whatever comes first, whoever rests
/// is woken. The ids of some runs above are greater than those below.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_rests_while_another_one_ends_is_woken() {
    const PAIRS: u128 = 400;
    let url = database().await;
    let (one, two) = (open(&url).await, open(&url).await);
    let above = one.attach(&worker("above")).await.unwrap();
    let other = two.attach(&worker("below")).await.unwrap();
    let runs = |pair: u128| match pair % 2 {
        0 => (10 * pair, 10 * pair + 1),
        _ => (10 * pair + 1, 10 * pair),
    };
    for pair in 1..=PAIRS {
        let (over, under) = runs(pair);
        one.commit(&above, &[start(over)]).await.unwrap();
        two.commit(&other, &[below(under, over)]).await.unwrap();
    }
    let resting = tokio::spawn(async move {
        let mut kept = Vec::new();
        for pair in 1..=PAIRS {
            let (over, under) = runs(pair);
            let rested = one.rest(&above, &rest(over, &[under])).await.unwrap();
            if rested == Rested::Kept {
                kept.push(over);
            }
        }
        kept
    });
    let mut woke = 0;
    for first in (1..=PAIRS).step_by(2) {
        let batch = [first, first + 1].map(|pair| ends(runs(pair).1, RunStatus::Completed));
        let answers = two.commit(&other, &batch).await.unwrap();
        let is_woken = |answer: &&Committed| **answer == Committed::StoredAndWoke;
        woke += answers.iter().filter(is_woken).count();
    }
    let kept = resting.await.unwrap();
    let asleep = "select count(*) from scoop.run where owner is null and wake_at > 5000";
    assert_eq!(number(&url, asleep).await, 0);
    assert_eq!(kept.len() + woke, usize::try_from(PAIRS).unwrap());
}

/// The end is being written when the one above is about to rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_waits_for_who_rests_wakes_it() {
    let url = database().await;
    let (one, two) = (open(&url).await, open(&url).await);
    let above = one.attach(&worker("above")).await.unwrap();
    let other = two.attach(&worker("below")).await.unwrap();
    one.commit(&above, &[start(1)]).await.unwrap();
    two.commit(&other, &[below(2, 1)]).await.unwrap();
    // As `run_rest` does, in slow motion.
    let mut held = raw(&url).await;
    let begin = "begin; update scoop.run set wakes_parent = true where saga = 'trip' and depth = 1";
    held.execute(begin).await.unwrap();
    let ending = tokio::spawn(async move {
        let end = [ends(2, RunStatus::Completed)];
        two.commit(&other, &end).await.unwrap()
    });
    while number(&url, WAITS).await == 0 {
        tokio::task::yield_now().await;
    }
    let rest =
        "update scoop.run set owner = null, epoch = 0, wake_at = 1000000 where depth = 0; commit";
    held.execute(rest).await.unwrap();
    assert_eq!(ending.await.unwrap(), [Committed::StoredAndWoke]);
    let row = one.run(id(1)).await.unwrap().unwrap();
    assert_eq!(row.wake_at.map(|at| at.0), Some(5_000));
}

/// Whoever locks the one above at this moment: who takes it up, or the run above that one, which is about to
/// rest, and would leave it as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_waits_for_nobody_who_has_the_one_above_and_wakes_it_all_the_same() {
    let url = database().await;
    let (store, fence) = resting(&url, &[2, 3]).await;
    let mut held = held(&url).await;
    for run in [2, 3] {
        let end = [ends(run, RunStatus::Completed)];
        let ending = store.commit(&fence, &end);
        let ended = tokio::time::timeout(Duration::from_secs(30), ending).await;
        assert_eq!(ended.unwrap().unwrap(), [Committed::StoredAndWoke]);
    }
    held.execute("commit").await.unwrap();
    assert_eq!(claimed(&store, &fence, 5_000).await, [id(1)]);
    assert_eq!(number(&url, "select count(*) from scoop.wake").await, 0);
}

/// Nor does who rests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_being_changed_stays() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let runs = [start(1), below(2, 1)];
    store.commit(&fence, &runs).await.unwrap();
    let mut held = held(&url).await;
    let asked = rest(1, &[2]);
    let resting = tokio::time::timeout(Duration::from_secs(30), store.rest(&fence, &asked));
    assert_eq!(resting.await.unwrap().unwrap(), Rested::Kept);
    held.execute("commit").await.unwrap();
    assert_eq!(store.rest(&fence, &asked).await.unwrap(), Rested::Left);
}

/// What is due below may have been passed over while it was locked.
#[tokio::test]
async fn who_rests_above_what_is_due_says_so() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let runs = [start(1), below(2, 1), below(3, 2)];
    store.commit(&fence, &runs).await.unwrap();
    store.rest(&fence, &rest(2, &[3])).await.unwrap();
    let asked = rest(1, &[2]);
    assert_eq!(store.rest(&fence, &asked).await.unwrap(), Rested::Left);
    let end = [ends(3, RunStatus::Completed)];
    assert_eq!(
        store.commit(&fence, &end).await.unwrap(),
        [Committed::StoredAndWoke]
    );
    let runs = [start(4), below(5, 4)];
    store.commit(&fence, &runs).await.unwrap();
    let asked = rest(4, &[5, 2]);
    assert_eq!(store.rest(&fence, &asked).await.unwrap(), Rested::LeftDue);
}

#[tokio::test]
async fn who_changes_beside_what_ends_is_not_to_be_woken_later() {
    let url = database().await;
    let (store, fence) = resting(&url, &[2]).await;
    let cancel = RunUpdate {
        cancel: Some("why".to_owned()),
        ..RunUpdate::default()
    };
    let batch = [change(1, cancel), ends(2, RunStatus::Completed)];
    let answers = store.commit(&fence, &batch).await.unwrap();
    assert_eq!(answers, [Committed::Stored, Committed::Stored]);
    assert_eq!(number(&url, "select count(*) from scoop.wake").await, 0);
}

/// There is always something else to do.
#[tokio::test]
async fn who_is_to_be_woken_is_not_kept_waiting_by_other_work() {
    let url = database().await;
    let (store, fence) = resting(&url, &[2]).await;
    let mut held = held(&url).await;
    let end = [ends(2, RunStatus::Completed)];
    store.commit(&fence, &end).await.unwrap();
    held.execute("commit").await.unwrap();
    let new = NewRun {
        owned: false,
        ..new_run(3)
    };
    let others = Commit {
        create: Some(new),
        ..step(3, 1)
    };
    store.commit(&fence, &[others]).await.unwrap();
    assert_eq!(claimed(&store, &fence, 5_000).await, [id(3)]);
    assert_eq!(number(&url, "select count(*) from scoop.wake").await, 0);
    assert_eq!(claimed(&store, &fence, 5_000).await, [id(1)]);
}
