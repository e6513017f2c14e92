//! One life of a process with the example's saga: this test's own binary, told by its environment
//! which order to do, and at which commit to die.

use std::sync::{Arc, OnceLock};

use scoop::Scoop;
use scoop_runtime::store::{Opening, PostgresStore};
use sqlx::PgPool;

use crate::order::Order;
use crate::point::{Point, die};
use crate::probe::{Passing, Probe};
use crate::provider::Provider;
use crate::shop::checkout;

/// What the parent tells a life.
pub(crate) const ORDER: &str = "SCOOP_CHECKOUT_ORDER";
pub(crate) const URL: &str = "SCOOP_CHECKOUT_URL";
pub(crate) const POINT: &str = "SCOOP_CHECKOUT_POINT";
/// Before what a life says in the end: how many commits it made.
pub(crate) const COMMITS: &str = "commits: ";

static DIES: OnceLock<Point> = OnceLock::new();

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the sweep"]
async fn life() {
    let order: Order = serde_json::from_str(&std::env::var(ORDER).unwrap()).unwrap();
    let url = std::env::var(URL).unwrap();
    let point = std::env::var(POINT).unwrap().parse().unwrap();
    DIES.set(point).unwrap();
    let store = PostgresStore::open(&url, Opening::default()).await.unwrap();
    let store = Probe::new(Arc::new(store), at_commit);
    let provider = Provider(PgPool::connect(&url).await.unwrap());
    // Under its name a life takes up at once what the one before had.
    let scoop = Scoop::connect("memory:").store(store.clone()).name("w");
    let scoop = scoop.provide(provider).await.unwrap();
    let id = order.id.clone();
    let handle = scoop.start(checkout(order)).id(id).await.unwrap();
    if let Err(error) = handle.wait().await {
        assert!(!error.is_infrastructure() && !error.is_stuck(), "{error:?}");
    }
    println!("{COMMITS}{}", store.commits());
    scoop.shutdown().await;
}

fn at_commit(number: u64, passing: Passing<'_>) {
    match (*DIES.get().unwrap(), passing) {
        (Point::BeforeEffect(at), Passing::Begun)
        | (Point::BeforeCommit(at), Passing::Sent)
        | (Point::AfterCommit(at), Passing::Written)
            if at == number =>
        {
            die();
        }
        _ => {}
    }
}
