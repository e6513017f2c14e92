//! Transactions in which nothing is done for so long that the server ends them.

use std::sync::atomic::Ordering;

use scoop::Status::{Completed, RolledBack};
use scoop::{Resource, Scoop, Tx, saga, step};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _, query, query_scalar};

use crate::Db;
use crate::place::Place;
use crate::sagas::Trouble;
use crate::world::{World, end_of};

async fn nothing() {}

/// Waits in the first `times` attempts until the server has ended its transaction.
#[step(rollback = unrest)]
async fn rest(
    tx: &mut Tx<'_, Db>,
    url: &str,
    times: u32,
    notices: bool,
    world: Resource<World>,
) -> Result<(), Trouble> {
    let line = "insert into ledger (saga, what) values ('a', 'rested')";
    tx.execute(line).await?;
    if world.tries.fetch_add(1, Ordering::SeqCst) < times {
        let limit = "set local idle_in_transaction_session_timeout = '20ms'";
        let own: i32 = query_scalar("select pg_backend_pid()")
            .fetch_one(&mut *tx)
            .await?;
        tx.execute(limit).await?;
        let mut other = PgConnection::connect(url).await?;
        let there = "select exists (select from pg_stat_activity where pid = $1)";
        while query_scalar(there).bind(own).fetch_one(&mut other).await? {}
        if notices {
            query("select 1").execute(&mut *tx).await?;
        }
    }
    Ok(())
}

async fn unrest(
    _url: &str,
    _times: u32,
    _notices: bool,
    (): (),
    _tx: &mut Tx<'_, Db>,
) -> Result<(), scoop::Error> {
    nothing().await;
    Ok(())
}

#[saga]
async fn resting(url: String, times: u32, notices: bool) -> Result<(), scoop::Error> {
    rest(&url, times, notices).await?;
    Ok(())
}

/// How it ends where the step rests so often, how often the step was run, and what it left.
async fn rested(times: u32, notices: bool) -> (scoop::Status, String, u32, Vec<String>) {
    let place = Place::new().await;
    let world = World::default();
    let connecting = Scoop::connect(&place.url).provide(world.clone());
    let scoop = connecting.await.unwrap();
    let call = resting(place.url.clone(), times, notices);
    let handle = scoop.start(call).await.unwrap();
    let (status, text) = end_of(&handle).await;
    scoop.shutdown().await;
    let tries = world.tries.load(Ordering::SeqCst);
    (status, text, tries, place.ledger("a").await)
}

/// As after its process was stopped for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_rested_once_is_run_again() {
    for notices in [false, true] {
        let (status, text, tries, ledger) = rested(2, notices).await;
        assert_eq!((status, &*text), (Completed, "()"));
        assert_eq!((tries, &ledger[..]), (3, &["rested".to_owned()][..]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_rests_each_time_fails_as_one_that_takes_too_long() {
    for notices in [false, true] {
        let (status, text, tries, ledger) = rested(u32::MAX, notices).await;
        assert_eq!(status, RolledBack, "{text}");
        assert!(text.starts_with("Some(Timeout)"), "{text}");
        assert_eq!((tries, ledger), (3, Vec::new()));
    }
}
