//! Facts about the lives of workers: leases, takeover, and that a late writer is fenced off.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, Executor as _};
use tokio::time::timeout;

use super::{brief, database, execute, number, open, raw};
use crate::codec::Stored;
use crate::protocol::id::RunId;
use crate::protocol::run::RunRow;
use crate::store::conformance::sample::{claim, id, start, step, worker};
use crate::store::{Claim, PostgresStore, Store as _, StoreError};

const OVER: &str = "update scoop.worker set lease_until = clock_timestamp() - interval '1 s'";

fn ids(runs: &[RunRow]) -> Vec<RunId> {
    runs.iter().map(|run| run.id).collect()
}

#[tokio::test]
async fn a_second_live_worker_of_one_name_is_refused() {
    let url = database().await;
    let (first, second) = (open(&url).await, open(&url).await);
    let fence = first.attach(&worker("w")).await.unwrap();
    let error = second.attach(&worker("w")).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
    assert!(error.to_string().contains("free in 10 s"), "{error}");
    second.attach(&worker("v")).await.unwrap();
    first.heartbeat(&fence).await.unwrap();
    first.detach(&fence).await.unwrap();
    assert_eq!(second.attach(&worker("w")).await.unwrap().epoch, 2);
}

#[tokio::test]
async fn a_restart_after_a_lease_that_is_over_fences_the_late_one() {
    let url = database().await;
    let (first, second) = (open(&url).await, open(&url).await);
    let late = first.attach(&worker("w")).await.unwrap();
    first.commit(&late, &[start(1)]).await.unwrap();
    execute(&url, OVER).await;
    let fence = second.attach(&worker("w")).await.unwrap();
    for error in [
        first.commit(&late, &[step(1, 2)]).await.unwrap_err(),
        first.heartbeat(&late).await.unwrap_err(),
        first.claim(&late, &claim(1)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Fenced(_)), "{error:?}");
    }
    assert_eq!(
        ids(&second.claim(&fence, &claim(9)).await.unwrap()),
        [id(1)]
    );
}

/// As after SIGKILL: nobody says goodbye, but the connections are gone.
#[tokio::test]
async fn a_restart_after_a_death_waits_for_no_lease() {
    let url = database().await;
    let first = open(&url).await;
    let dead = first.attach(&worker("w")).await.unwrap();
    first.commit(&dead, &[start(1)]).await.unwrap();
    drop(first);
    let second = open(&url).await;
    let again = async {
        // The server needs a moment to see that the connection is gone.
        loop {
            match second.attach(&worker("w")).await {
                Err(StoreError::InUse(_)) => tokio::task::yield_now().await,
                attached => return attached,
            }
        }
    };
    let fence = timeout(Duration::from_secs(5), again)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fence.epoch, dead.epoch + 1);
    assert_eq!(
        ids(&second.claim(&fence, &claim(9)).await.unwrap()),
        [id(1)]
    );
}

#[tokio::test]
async fn another_worker_takes_over_when_the_lease_is_over() {
    let url = database().await;
    let (first, second) = (open(&url).await, open(&url).await);
    let late = first.attach(&worker("late")).await.unwrap();
    let fence = second.attach(&worker("w")).await.unwrap();
    first.commit(&late, &[start(1)]).await.unwrap();
    assert_eq!(second.claim(&fence, &claim(9)).await.unwrap(), []);
    execute(&url, &format!("{OVER} where name = 'late'")).await;
    assert_eq!(
        ids(&second.claim(&fence, &claim(9)).await.unwrap()),
        [id(1)]
    );
    let error = first.commit(&late, &[step(1, 2)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Fenced(_)), "{error:?}");
    second.commit(&fence, &[step(1, 2)]).await.unwrap();
}

/// A worker that was away for a while goes on where nobody wanted its runs.
#[tokio::test]
async fn a_late_heartbeat_is_no_death() {
    let url = database().await;
    let (first, second) = (open(&url).await, open(&url).await);
    let late = first.attach(&worker("late")).await.unwrap();
    let fence = second.attach(&worker("w")).await.unwrap();
    first.commit(&late, &[start(1)]).await.unwrap();
    execute(&url, &format!("{OVER} where name = 'late'")).await;
    let other = Claim {
        sagas: Some(vec!["other".to_owned()]),
        ..claim(9)
    };
    assert_eq!(second.claim(&fence, &other).await.unwrap(), []);
    first.heartbeat(&late).await.unwrap();
    assert_eq!(second.claim(&fence, &claim(9)).await.unwrap(), []);
    first.commit(&late, &[step(1, 2)]).await.unwrap();
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_it_is_set_to() {
    let url = database().await;
    let first = PostgresStore::open(&url, brief()).await.unwrap();
    let second = open(&url).await;
    let fence = first.attach(&worker("w")).await.unwrap();
    let began = std::time::Instant::now();
    while matches!(second.attach(&worker("w")).await, Err(StoreError::InUse(_))) {}
    let lasted = began.elapsed();
    assert!(lasted > Duration::from_millis(250), "{lasted:?}");
    assert!(lasted < Duration::from_secs(5), "{lasted:?}");
    first.heartbeat(&fence).await.unwrap_err();
}

/// A batch that is under way when the life of its worker ends: whoever ends it waits for the batch.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_life_waits_for_its_last_batch() {
    for end in ["attach", "detach"] {
        let url = database().await;
        let store = Arc::new(open(&url).await);
        let fence = store.attach(&worker("w")).await.unwrap();
        execute(&url, OVER).await;
        let mut batch = raw(&url).await;
        let mut under_way = batch.begin().await.unwrap();
        under_way
            .execute("select from scoop.worker where name = 'w' for key share")
            .await
            .unwrap();
        let mut ending = tokio::spawn({
            let (store, fence) = (Arc::clone(&store), fence.clone());
            async move {
                match end {
                    "attach" => drop(store.attach(&fence.worker).await.unwrap()),
                    _ => store.detach(&fence).await.unwrap(),
                }
            }
        });
        let waited = timeout(Duration::from_millis(300), &mut ending).await;
        assert!(waited.is_err(), "{end} did not wait");
        under_way.commit().await.unwrap();
        ending.await.unwrap();
    }
}

/// A claim passes such a worker over, and takes its runs the next time.
#[tokio::test]
async fn a_worker_that_is_writing_is_not_taken_over() {
    let url = database().await;
    let store = open(&url).await;
    let late = store.attach(&worker("late")).await.unwrap();
    store.commit(&late, &[start(1)]).await.unwrap();
    execute(&url, OVER).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let mut batch = raw(&url).await;
    let mut under_way = batch.begin().await.unwrap();
    under_way
        .execute("select from scoop.worker where name = 'late' for key share")
        .await
        .unwrap();
    assert_eq!(store.claim(&fence, &claim(9)).await.unwrap(), []);
    under_way.commit().await.unwrap();
    assert_eq!(store.claim(&fence, &claim(9)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_claim_at_once_share_the_runs() {
    const RUNS: u128 = 200;
    let url = database().await;
    let first = open(&url).await;
    let dead = first.attach(&worker("dead")).await.unwrap();
    let batch: Vec<_> = (1..=RUNS).map(start).collect();
    first.commit(&dead, &batch).await.unwrap();
    first.close().await;
    let claims = (0..4).map(|number| {
        let url = url.clone();
        tokio::spawn(async move {
            let store = open(&url).await;
            let fence = store.attach(&worker(&format!("w{number}"))).await.unwrap();
            let mut mine = Vec::new();
            loop {
                let page = store.claim(&fence, &claim(7)).await.unwrap();
                if page.is_empty() {
                    // Others may have been claiming what this page passed over.
                    break;
                }
                assert!(
                    page.iter()
                        .all(|run| run.owner.as_ref() == Some(&fence.worker))
                );
                mine.extend(ids(&page));
            }
            mine
        })
    });
    let mut all = Vec::new();
    for claimed in claims.collect::<Vec<_>>() {
        all.extend(claimed.await.unwrap());
    }
    all.sort();
    let expected: Vec<_> = (1..=RUNS).map(id).collect();
    assert_eq!(all, expected, "each run once");
}

/// Each run once, by the life that it was asked of; what was asked of one that is over is forgotten.
#[tokio::test]
async fn a_worker_is_told_once_which_runs_it_is_to_give_up() {
    let url = database().await;
    let store = open(&url).await;
    let (one, two) = (worker("one"), worker("two"));
    let (one, two) = (
        store.attach(&one).await.unwrap(),
        store.attach(&two).await.unwrap(),
    );
    let why = Stored::from_json(r#"{"actor":"anna"}"#);
    store.ask_back(id(1), &one, None).await.unwrap();
    store.ask_back(id(2), &two, None).await.unwrap();
    store.ask_back(id(2), &two, Some(&why)).await.unwrap();
    assert_eq!(store.asked_back(&one).await.unwrap(), [(id(1), None)]);
    assert_eq!(store.asked_back(&one).await.unwrap(), []);
    let asked = store.asked_back(&two).await.unwrap();
    assert_eq!(asked, [(id(2), Some(why))]);

    store.ask_back(id(3), &one, None).await.unwrap();
    store.detach(&one).await.unwrap();
    store.ask_back(id(4), &two, None).await.unwrap();
    assert_eq!(number(&url, "select count(*) from scoop.requeue").await, 1);
    assert_eq!(store.asked_back(&two).await.unwrap(), [(id(4), None)]);
}
