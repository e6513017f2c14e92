//! A process that dies before or after any commit: what its steps wrote is there exactly once.

use std::fmt::Debug;
use std::sync::Arc;

use scoop::Status;
use scoop::testing::{CrashStore, FaultStore, Store};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::place::Place;
use crate::sagas::{
    blocks, caught, lasting, late, none_of_many, only, order, panicked, refused, together,
};
use crate::world::{World, connecting, end_of};

type Told = (Status, String, Vec<String>);

async fn everywhere<S: Saga<Ok: Debug, Error: Debug>>(call: impl Fn(String) -> SagaCall<S>) {
    everywhere_told(call, true, |told| told).await;
}

/// The same for what happens at once, in any order.
async fn in_any_order<S: Saga<Ok: Debug, Error: Debug>>(call: impl Fn(String) -> SagaCall<S>) {
    let sorted = |(status, text, mut ledger): Told| {
        ledger.sort_unstable();
        (status, text, ledger)
    };
    everywhere_told(call, false, sorted).await;
}

async fn everywhere_told<S: Saga<Ok: Debug, Error: Debug>>(
    call: impl Fn(String) -> SagaCall<S>,
    always_dies: bool,
    as_told: impl Fn(Told) -> Told,
) {
    let place = Place::new().await;
    let store = Arc::new(CrashStore::new(place.open().await, None));
    let peace = as_told(last(&place, store.clone(), &call).await);
    let commits = store.commits();
    assert!(commits > 1);
    for number in 1..=commits {
        let place = Place::new().await;
        let store = CrashStore::new(place.open().await, Some(number));
        let store = Arc::new(store);
        let died = first(store.clone(), &call, store.crashed()).await;
        assert!(died || !always_dies, "after commit {number}");
        let told = as_told(last(&place, place.open().await, &call).await);
        assert_eq!(told, peace, "after commit {number}");
        let place = Place::new().await;
        let store = FaultStore::new(place.open().await);
        store.stop_after(u32::try_from(number).unwrap() - 1);
        let died = first(store.clone(), &call, store.stopped()).await;
        assert!(died || !always_dies, "before commit {number}");
        let told = as_told(last(&place, place.open().await, &call).await);
        assert_eq!(told, peace, "before commit {number}");
    }
}

/// Whether it died. What happens at once may share a commit, or not: then it may have ended before.
async fn first<S: Saga>(
    store: Arc<dyn Store>,
    call: impl Fn(String) -> SagaCall<S>,
    dead: impl Future<Output = ()>,
) -> bool {
    let scoop = connecting(store, &World::default())
        .name("w")
        .await
        .unwrap();
    let life = async {
        let start = scoop.start(call("one".to_owned())).id("one");
        drop(start.await.unwrap().wait().await);
    };
    tokio::pin!(dead);
    tokio::select! {
        biased;
        () = &mut dead => return true,
        () = life => {}
    }
    // A store that dies answers nothing any more.
    tokio::select! {
        () = dead => true,
        () = scoop.shutdown() => false,
    }
}

async fn last<S: Saga<Ok: Debug, Error: Debug>>(
    place: &Place,
    store: Arc<dyn Store>,
    call: impl Fn(String) -> SagaCall<S>,
) -> Told {
    let scoop = connecting(store, &World::default())
        .name("w")
        .await
        .unwrap();
    let start = scoop.start(call("one".to_owned())).id("one");
    let (status, text) = end_of(&start.await.unwrap()).await;
    scoop.shutdown().await;
    (status, text, place.ledger("one").await)
}

macro_rules! everywhere {
    ($($name:ident = $saga:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                everywhere($saga).await;
            }
        )*
    };
}

everywhere!(
    transactional_steps_only = only,
    external_steps_between = order,
    steps_that_take_long = lasting,
    rollbacks = refused,
    caught_errors = caught,
    panics = panicked,
    time_limits = late,
);

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once() {
    in_any_order(together).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_of_which_one_fails() {
    in_any_order(none_of_many).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_at_once() {
    in_any_order(|case| blocks(case, false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_are_undone() {
    in_any_order(|case| blocks(case, true)).await;
}
