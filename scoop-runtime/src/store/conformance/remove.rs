//! Finished runs are removed.

use super::Fixture;
use super::sample::{change, id, start, start_keyed, step, worker};
use crate::protocol::commit::Commit;
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{Removal, RunFilter, Store};

fn ended(run: u128, status: RunStatus, at: i64) -> Commit {
    let update = RunUpdate {
        status: Some(status),
        finished_at: status.is_final().then_some(Timestamp(at)),
        ..RunUpdate::default()
    };
    change(run, update)
}

fn before(at: i64, limit: u32) -> Removal {
    Removal {
        ended_before: Timestamp(at),
        saga: None,
        except: Vec::new(),
        keep: 0,
        only: None,
        limit,
    }
}

async fn all(store: &dyn Store) -> Vec<RunId> {
    let runs = store.runs(&RunFilter::default()).await.unwrap();
    runs.into_iter().map(|run| run.id).collect()
}

/// Oldest first, at most so many, of one saga where that is asked for; nothing that is not over.
pub async fn what_ended_long_ago_is_removed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let ends = [
        (1, "trip", RunStatus::Completed, 30),
        (2, "trip", RunStatus::RolledBack, 10),
        (3, "walk", RunStatus::Completed, 20),
        (4, "trip", RunStatus::Stuck, 0),
        (5, "trip", RunStatus::RollingBack, 0),
        (6, "walk", RunStatus::Completed, 90),
    ];
    for (run, saga, status, at) in ends {
        let start = start_keyed(run, saga, &run.to_string());
        store.commit(&fence, &[start]).await.unwrap();
        store.commit(&fence, &[step(run, 2)]).await.unwrap();
        store
            .commit(&fence, &[ended(run, status, at)])
            .await
            .unwrap();
    }
    assert_eq!(store.remove(&before(10, 9)).await.unwrap(), 0);
    let these = Removal {
        only: Some(vec![id(1), id(4), id(9)]),
        ..before(30, 9)
    };
    assert_eq!(
        store.remove(&these).await.unwrap(),
        0,
        "none of them by then"
    );
    let walks = Removal {
        saga: Some("walk".to_owned()),
        ..before(50, 9)
    };
    assert_eq!(store.remove(&walks).await.unwrap(), 1);
    assert_eq!(all(&*store).await, [1, 2, 4, 5, 6].map(id));
    assert_eq!(store.remove(&before(50, 1)).await.unwrap(), 1);
    assert_eq!(all(&*store).await, [1, 4, 5, 6].map(id));
    let these = Removal {
        only: these.only,
        ..before(50, 9)
    };
    assert_eq!(store.remove(&these).await.unwrap(), 1);
    assert_eq!(all(&*store).await, [4, 5, 6].map(id));
    assert_eq!(store.rows_at(id(1), &[Seq(2)]).await.unwrap(), []);
    assert_eq!(store.rows_at(id(4), &[Seq(2)]).await.unwrap().len(), 1);
    // Its key is free again.
    assert_eq!(store.run_by_key("trip", "1").await.unwrap(), None);
    let again = start_keyed(9, "trip", "1");
    store.commit(&fence, &[again]).await.unwrap();
    let found = store.run_by_key("trip", "1").await.unwrap().unwrap();
    assert_eq!(found.id, id(9));
}

/// So many of each saga, of those that no other rule is for.
pub async fn the_last_to_have_ended_are_kept(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let ends = [
        (1, "trip", 50),
        (2, "trip", 20),
        (3, "trip", 20),
        (4, "trip", 40),
        (5, "walk", 10),
        (6, "walk", 30),
        (7, "call", 1),
        (8, "call", 2),
    ];
    for (run, saga, at) in ends {
        let start = start_keyed(run, saga, &run.to_string());
        store.commit(&fence, &[start]).await.unwrap();
        let ended = ended(run, RunStatus::Completed, at);
        store.commit(&fence, &[ended]).await.unwrap();
    }
    store.commit(&fence, &[start(9)]).await.unwrap();
    let keep = |keep, ended_before| Removal {
        except: vec!["call".to_owned(), "none".to_owned()],
        keep,
        ..before(ended_before, 99)
    };
    assert_eq!(store.remove(&keep(4, 99)).await.unwrap(), 0);
    assert_eq!(store.remove(&keep(3, 20)).await.unwrap(), 0);
    assert_eq!(store.remove(&keep(3, 99)).await.unwrap(), 1);
    assert_eq!(all(&*store).await, [1, 3, 4, 5, 6, 7, 8, 9].map(id));
    assert_eq!(store.remove(&keep(1, 99)).await.unwrap(), 3);
    assert_eq!(all(&*store).await, [1, 6, 7, 8, 9].map(id));
    let calls = Removal {
        saga: Some("call".to_owned()),
        keep: 1,
        ..before(99, 99)
    };
    assert_eq!(store.remove(&calls).await.unwrap(), 1);
    assert_eq!(store.remove(&keep(0, 99)).await.unwrap(), 2);
    assert_eq!(all(&*store).await, [8, 9].map(id));
}

/// However old it is: what was awaited is kept for as long as what awaited it.
pub async fn what_is_below_goes_with_it(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for (run, parent) in [
        (1, None),
        (2, Some(1)),
        (3, Some(2)),
        (4, None),
        (5, Some(4)),
    ] {
        let mut start = start(run);
        start.create.as_mut().unwrap().parent = parent.map(id);
        store.commit(&fence, &[start]).await.unwrap();
        store.commit(&fence, &[step(run, 2)]).await.unwrap();
    }
    for (run, at) in [(3, 1), (2, 2), (1, 3), (5, 1)] {
        let ended = ended(run, RunStatus::Completed, at);
        store.commit(&fence, &[ended]).await.unwrap();
    }
    assert_eq!(store.remove(&before(3, 9)).await.unwrap(), 0);
    assert_eq!(all(&*store).await.len(), 5);
    assert_eq!(store.remove(&before(4, 9)).await.unwrap(), 1);
    assert_eq!(all(&*store).await, [4, 5].map(id));
    assert_eq!(store.rows_at(id(3), &[Seq(2)]).await.unwrap(), []);
}
