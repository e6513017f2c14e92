//! What a step's transaction leaves: all of it once, or nothing.

use std::fmt::Debug;
use std::sync::Arc;

use scoop::Status::{Completed, RolledBack};
use scoop::testing::FaultStore;
use scoop::{SagaError, Status};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::place::Place;
use crate::sagas::{careless, caught, hoping, lasting, late, only, order, panicked, refused};
use crate::world::{World, connecting, end_of};

/// Runs a saga to its end: its end, its lines in the ledger, what happened outside.
async fn ended<S: Saga<Ok: Debug, Error: Debug>>(
    call: impl Fn(String) -> SagaCall<S>,
) -> (Status, String, Vec<String>, Vec<String>) {
    let (place, world) = (Place::new().await, World::default());
    let scoop = connecting(place.open().await, &world).await.unwrap();
    let handle = scoop.start(call("one".to_owned())).await.unwrap();
    let (status, text) = end_of(&handle).await;
    scoop.shutdown().await;
    (status, text, place.ledger("one").await, world.notes("one"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_step_writes_is_there_when_it_is_done() {
    let (status, text, ledger, notes) = ended(order).await;
    assert_eq!((status, &*text), (Completed, r#"("a bike, a lock, 7", 2)"#));
    assert_eq!(ledger, ["+bike", "+lock"]);
    assert_eq!(notes, ["shipped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_step_that_fails_writes_is_not_there_and_the_rest_is_undone() {
    let (status, text, ledger, notes) = ended(refused).await;
    assert_eq!(status, RolledBack, "{text}");
    assert!(text.ends_with("3 undone"), "{text}");
    assert_eq!(ledger, ["+bike", "+lock", "-lock", "-bike"]);
    let outside = [
        "shipped",
        "refused",
        "refused",
        "refused",
        "undoing lock: no no",
        "unshipped 7",
        "undoing bike: no no",
    ];
    assert_eq!(notes, outside);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_is_caught_leaves_nothing() {
    let (status, _, ledger, _) = ended(caught).await;
    assert_eq!(status, Completed);
    assert_eq!(ledger, ["+bike", r#"+Err("no")"#]);
}

/// Whether the failed attempt is written down by then or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_between_two_attempts() {
    let (place, world) = (Place::new().await, World::default());
    let scoop = connecting(place.open().await, &world).await.unwrap();
    let handle = scoop.start(hoping("one".to_owned())).await.unwrap();
    while world.notes("one").is_empty() {
        tokio::task::yield_now().await;
    }
    handle.cancel().await.unwrap();
    let (status, text) = end_of(&handle).await;
    scoop.shutdown().await;
    assert_eq!(status, RolledBack, "{text}");
    assert!(text.starts_with("Some(Cancelled)"), "{text}");
    assert_eq!(place.ledger("one").await, ["+bike", "-bike"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_did_not_happen() {
    let (status, text, ledger, notes) = ended(panicked).await;
    assert_eq!(status, RolledBack, "{text}");
    assert!(
        text.contains("Panic") && text.ends_with("1 undone"),
        "{text}"
    );
    assert_eq!(ledger, ["+bike", "-bike"]);
    assert_eq!(notes.iter().filter(|note| *note == "panics").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_out_of_time_did_not_happen() {
    let (status, text, ledger, _) = ended(late).await;
    assert_eq!(status, RolledBack, "{text}");
    assert!(
        text.contains("Timeout") && text.ends_with("1 undone"),
        "{text}"
    );
    assert_eq!(ledger, ["+bike", "-bike"]);
}

/// PostgreSQL would commit nothing, and say nothing of it; SQLite commits the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_failed_unheeded_is_not_forgotten() {
    let (status, text, ledger, _) = ended(careless).await;
    if crate::STATEMENTS_STAND_ALONE {
        assert_eq!(
            (status, ledger),
            (Completed, vec!["+bike".to_owned(), "+heedless".to_owned()])
        );
    } else {
        assert_eq!(status, RolledBack, "{text}");
        assert_eq!(ledger, ["+bike", "-bike"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_step_is_done_once_too() {
    let (status, text, ledger, notes) = ended(lasting).await;
    assert_eq!((status, &*text), (Completed, "8"));
    assert_eq!(
        (ledger, notes),
        (vec!["+long".to_owned()], vec!["shipped".to_owned()])
    );
}

/// N steps, N + 1 commits: each step's own one, and the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_costs_one_commit() {
    let (place, world) = (Place::new().await, World::default());
    let store = Arc::new(scoop::testing::CrashStore::new(place.open().await, None));
    let scoop = connecting(store.clone(), &world).await.unwrap();
    let handle = scoop.start(only("one".to_owned())).await.unwrap();
    assert_eq!(end_of(&handle).await.0, Completed);
    assert_eq!(store.commits(), 4);
    scoop.shutdown().await;
}

/// The connection is lost after the commit: nobody is told that it took place.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_repeated() {
    for lost in 1..=4 {
        let (place, world) = (Place::new().await, World::default());
        let store = FaultStore::new(place.open().await);
        store.lose_answers(lost);
        let scoop = connecting(store.clone(), &world).await.unwrap();
        let start = scoop.start(order("one".to_owned())).id("one");
        let handle = start.await.unwrap();
        let (status, text) = end_of(&handle).await;
        assert_eq!((status, &*text), (Completed, r#"("a bike, a lock, 7", 2)"#));
        assert_eq!(place.ledger("one").await, ["+bike", "+lock"], "{lost} lost");
        assert_eq!(world.notes("one"), ["shipped"]);
        scoop.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_declared_dead_commits_nothing() {
    let (place, world) = (Place::new().await, World::default());
    let store = FaultStore::new(place.open().await);
    let scoop = connecting(store.clone(), &world).await.unwrap();
    store.fence(true);
    let started = scoop.start(only("one".to_owned())).await;
    assert!(started.is_err());
    assert_eq!(place.ledger("one").await, [""; 0]);
    scoop.shutdown().await;
}

/// Two processes start the same run: one of them throws away what its first step wrote.
#[tokio::test(flavor = "multi_thread")]
async fn the_loser_of_two_starts_leaves_nothing() {
    let (place, world) = (Place::new().await, World::default());
    let scoop = connecting(place.open().await, &world).await.unwrap();
    let starts = (0..8).map(|_| {
        let start = scoop.start(only("one".to_owned())).id("one");
        tokio::spawn(async move { start.await.unwrap() })
    });
    let mut runs = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        let handle = start.await.unwrap();
        assert_eq!(end_of(&handle).await.0, Completed);
        runs.push(handle.id());
    }
    runs.dedup();
    assert_eq!(runs.len(), 1);
    let things = ["+thing 0", "+thing 1", "+thing 2"];
    assert_eq!(place.ledger("one").await, things);
    scoop.shutdown().await;
}

#[tokio::test]
async fn a_step_is_a_plain_function_in_a_unit_test() {
    let place = Place::new().await;
    let mut connection = place.connection().await;
    let mut tx = sqlx::Connection::begin(&mut connection).await.unwrap();
    let step = crate::sagas::reserve("unit", "bike");
    assert_eq!(step.call_in(&mut tx).await.unwrap(), "a bike");
    tx.rollback().await.unwrap();
    assert_eq!(place.ledger("unit").await, [""; 0]);
}

#[tokio::test]
#[should_panic(expected = "run it with `.call_in(&mut transaction)`")]
async fn a_step_without_its_transaction_says_so() {
    drop(crate::sagas::reserve("unit", "bike").call().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_another_kind_is_refused_by_name() {
    let connecting = scoop::Scoop::connect("memory:").provide(World::default());
    let error = connecting.await.unwrap_err().to_string();
    assert!(
        error.starts_with("the store is `memory:`, and these want a transaction of another"),
        "{error}"
    );
    assert!(error.contains("::sagas::reserve` ("), "{error}");
    assert!(error.contains("sagas::release` ("), "{error}");
    let client = scoop::Scoop::connect("memory:").worker(false).await;
    let error: SagaError<()> = match client {
        Ok(_) => return,
        Err(error) => error.into(),
    };
    panic!("a client runs no steps: {error:?}");
}
