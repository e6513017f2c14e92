//! Facts about queues when several workers claim at the same time.

use sqlx::Executor as _;

use super::{database, number, open, raw};
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::{NewRun, RunRow};
use crate::store::conformance::sample::{claim, id, new_run, step, worker};
use crate::store::{Claim, Store as _};

fn ids(runs: &[RunRow]) -> Vec<RunId> {
    runs.iter().map(|run| run.id).collect()
}

/// Between the count of what runs of a queue and the claim, another worker claims.
#[tokio::test]
async fn a_claim_that_counted_too_early_takes_nothing_of_a_queue() {
    let url = database().await;
    let (one, two) = (open(&url).await, open(&url).await);
    let early = one.attach(&worker("early")).await.unwrap();
    let other = two.attach(&worker("other")).await.unwrap();
    one.limit_queue("mail", 1).await.unwrap();
    let batch: Vec<Commit> = (1..=3).map(mail).collect();
    one.commit(&early, &batch).await.unwrap();
    let mut held = raw(&url).await;
    let hold = "begin; select from scoop.worker where name = 'early' for update";
    held.execute(hold).await.unwrap();
    let claiming = tokio::spawn(async move { one.claim(&early, &claim(9)).await.unwrap() });
    let waits = "select count(*) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    while number(&url, waits).await == 0 {
        tokio::task::yield_now().await;
    }
    let another = Claim {
        except: vec![id(1)],
        ..claim(9)
    };
    let taken = two.claim(&other, &another).await.unwrap();
    assert_eq!(ids(&taken), [id(2)]);
    held.execute("commit").await.unwrap();
    assert_eq!(ids(&claiming.await.unwrap()), []);
}

fn mail(run: u128) -> Commit {
    let new = NewRun {
        owned: false,
        queue: Some("mail".to_owned()),
        ..new_run(run)
    };
    Commit {
        create: Some(new),
        ..step(run, 1)
    }
}
