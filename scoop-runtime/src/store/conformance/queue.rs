//! Facts about which of many runs are claimed: the most urgent first, and of a queue no more than may
//! run at once.

use std::sync::Arc;

use super::Fixture;
use super::sample::{change, id, new_run, step, worker};
use crate::protocol::commit::Commit;
use crate::protocol::id::{Fence, RunId};
use crate::protocol::run::{NewRun, RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Claim, Store};

const HOUR: i64 = 3_600_000;

/// A run that nobody has, due since its creation.
fn waits(run: u128, queue: Option<&str>, priority: i8, created_at: i64) -> Commit {
    let new = NewRun {
        owned: false,
        priority,
        queue: queue.map(ToOwned::to_owned),
        created_at: Timestamp(created_at),
        ..new_run(run)
    };
    Commit {
        create: Some(new),
        ..step(run, 1)
    }
}

fn mail(run: u128) -> Commit {
    waits(run, Some("mail"), 0, 1_000)
}

async fn claimed(store: &dyn Store, fence: &Fence, limit: u32) -> Vec<RunId> {
    let claim = Claim {
        now: Timestamp(100 * HOUR),
        limit,
        ..Claim::default()
    };
    let runs = store.claim(fence, &claim).await.unwrap();
    runs.iter().map(|run| run.id).collect()
}

fn status(status: RunStatus) -> RunUpdate {
    RunUpdate {
        status: Some(status),
        ..RunUpdate::default()
    }
}

fn absent(absent: bool) -> RunUpdate {
    RunUpdate {
        absent: Some(absent),
        ..RunUpdate::default()
    }
}

/// Whether they wait for a moment or not; of equally urgent ones, the one that has been due for longer. Ids
/// are in the order of time.
pub async fn the_most_urgent_are_claimed_first(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut later = waits(5, None, 1, 1);
    if let Some(new) = &mut later.create {
        new.wake_at = Some(Timestamp(400));
    }
    let batch = [
        waits(1, None, 0, 100),
        waits(2, None, -1, 200),
        waits(3, None, 7, 300),
        waits(4, None, 1, 500),
        later,
        waits(6, None, 0, 600),
    ];
    store.commit(&fence, &batch).await.unwrap();
    for run in [3, 5, 4, 1, 6, 2] {
        assert_eq!(claimed(&*store, &fence, 1).await, [id(run)]);
    }
    assert_eq!(claimed(&*store, &fence, 1).await, []);
}

/// A level counts as an hour.
pub async fn no_run_is_passed_over_for_ever(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [
        waits(1, None, -1, 0),
        waits(2, None, 0, HOUR - 1),
        waits(3, None, 0, HOUR + 1),
        waits(4, None, 2, 3 * HOUR + 1),
    ];
    store.commit(&fence, &batch).await.unwrap();
    for run in [2, 1, 3, 4] {
        assert_eq!(claimed(&*store, &fence, 1).await, [id(run)]);
    }
}

/// Those of another queue, and of none, are taken however many wait before them.
pub async fn of_a_queue_only_so_many_are_claimed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 2).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut batch: Vec<_> = (1..=20).map(mail).collect();
    batch.push(waits(21, None, -1, 2_000));
    batch.push(waits(22, Some("other"), -1, 2_000));
    store.commit(&fence, &batch).await.unwrap();
    let first = claimed(&*store, &fence, 4).await;
    assert_eq!(first, [id(1), id(2), id(21), id(22)]);
    assert_eq!(claimed(&*store, &fence, 4).await, []);
    let done = [change(2, status(RunStatus::Completed))];
    store.commit(&fence, &done).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 4).await, [id(3)]);
    store.limit_queue("mail", 4).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(4), id(5)]);
    store.limit_queue("mail", 1).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, []);
}

/// Whoever has them.
pub async fn the_places_of_a_queue_are_those_of_all_workers(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 2).await.unwrap();
    let one = store.attach(&worker("one")).await.unwrap();
    let two = store.attach(&worker("two")).await.unwrap();
    let batch: Vec<_> = (1..=5).map(mail).collect();
    store.commit(&one, &batch).await.unwrap();
    assert_eq!(claimed(&*store, &one, 1).await, [id(1)]);
    assert_eq!(claimed(&*store, &two, 9).await, [id(2)]);
    assert_eq!(claimed(&*store, &one, 9).await, []);
    // What a dead worker had has no place, and is taken like any other.
    store.detach(&one).await.unwrap();
    assert_eq!(claimed(&*store, &two, 9).await, [id(1)]);
    assert_eq!(claimed(&*store, &two, 9).await, []);
}

/// However many of a full queue the dead worker had, its others are taken.
pub async fn of_what_a_dead_worker_had_a_full_queue_hides_nothing(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 2).await.unwrap();
    let dead = store.attach(&worker("dead")).await.unwrap();
    let mut batch = Vec::new();
    for run in 1..=40 {
        let mut commit = mail(run);
        commit.create.as_mut().unwrap().owned = true;
        batch.push(commit);
    }
    batch.push(Commit {
        create: Some(new_run(41)),
        ..step(41, 1)
    });
    store.commit(&dead, &batch).await.unwrap();
    let away: Vec<_> = (1..=40).map(|run| change(run, absent(true))).collect();
    store.commit(&dead, &away).await.unwrap();
    store.detach(&dead).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut taken = Vec::new();
    loop {
        let runs = claimed(&*store, &fence, 5).await;
        if runs.is_empty() {
            break;
        }
        taken.extend(runs);
    }
    assert_eq!(taken, [id(1), id(2), id(41)]);
}

/// It waits for another one: so does one that was released, or is stuck.
pub async fn who_is_absent_has_no_place(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 1).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch: Vec<_> = (1..=5).map(mail).collect();
    store.commit(&fence, &batch).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(1)]);
    store
        .commit(&fence, &[change(1, absent(true))])
        .await
        .unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(2)]);
    let release = RunUpdate {
        released: true,
        wake_at: Some(Some(Timestamp(i64::MAX))),
        ..RunUpdate::default()
    };
    store.commit(&fence, &[change(2, release)]).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(3)]);
    let stuck = [change(3, status(RunStatus::Stuck))];
    store.commit(&fence, &stuck).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(4)]);
    store
        .commit(&fence, &[change(1, absent(false))])
        .await
        .unwrap();
    let done = [change(4, status(RunStatus::Completed))];
    store.commit(&fence, &done).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, []);
}

/// One that was absent is not so when it is claimed.
pub async fn who_is_claimed_is_present(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 1).await.unwrap();
    let dead = store.attach(&worker("dead")).await.unwrap();
    store.commit(&dead, &[mail(1), mail(2)]).await.unwrap();
    assert_eq!(claimed(&*store, &dead, 9).await, [id(1)]);
    store
        .commit(&dead, &[change(1, absent(true))])
        .await
        .unwrap();
    store.detach(&dead).await.unwrap();
    let fence = store.attach(&worker("w")).await.unwrap();
    assert_eq!(claimed(&*store, &fence, 9).await, [id(1)]);
    assert_eq!(claimed(&*store, &fence, 9).await, []);
    let row = store.run(id(1)).await.unwrap().unwrap();
    assert_eq!((row.absent, row.lost), (false, 1));
}

/// It goes behind the others of its queue, so that it does not keep them from running for ever.
pub async fn a_run_whose_workers_die_goes_back(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    store.limit_queue("mail", 1).await.unwrap();
    let first = store.attach(&worker("w")).await.unwrap();
    store.commit(&first, &[mail(1), mail(2)]).await.unwrap();
    let mut fence = first;
    for run in [1, 1, 1, 2] {
        assert_eq!(claimed(&*store, &fence, 9).await, [id(run)]);
        store.detach(&fence).await.unwrap();
        fence = store.attach(&worker("w")).await.unwrap();
    }
}

/// However many ask at once.
pub async fn claims_at_once_never_take_too_many(fixture: &dyn Fixture) {
    const WORKERS: u32 = 6;
    const MOST: usize = 3;
    let store = fixture.fresh().await;
    store.limit_queue("mail", MOST as u32).await.unwrap();
    let fence = store.attach(&worker("starter")).await.unwrap();
    let batch: Vec<_> = (1..=60).map(mail).collect();
    store.commit(&fence, &batch).await.unwrap();
    let running = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..WORKERS {
        let (store, running) = (Arc::clone(&store), Arc::clone(&running));
        tasks.spawn(async move {
            let fence = store.attach(&worker(&format!("w{number}"))).await.unwrap();
            let mut count = 0;
            for _ in 0..40 {
                let runs = claimed(&*store, &fence, 2).await;
                let order = std::sync::atomic::Ordering::SeqCst;
                let most = running.fetch_add(runs.len(), order) + runs.len();
                assert!(most <= MOST, "{most} at once");
                count += runs.len();
                tokio::task::yield_now().await;
                // No longer running before the store hears of it.
                running.fetch_sub(runs.len(), order);
                for run in runs {
                    let done = change(run.as_uuid().as_u128(), status(RunStatus::Completed));
                    store.commit(&fence, &[done]).await.unwrap();
                }
            }
            count
        });
    }
    let counts = tasks.join_all().await;
    assert_eq!(counts.iter().sum::<usize>(), 60, "{counts:?}");
}
