//! A process that dies before or after any commit: what its steps wrote is there exactly once.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use scoop::testing::{CrashStore, FaultStore, Store};
use scoop::{Scoop, Status};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::place::Place;
use crate::sagas::{
    blocks, caught, lasting, late, none_of_many, only, order, panicked, raced, refused, together,
};
use crate::world::{World, connecting, end_of};

type Told = (Status, String, Vec<String>);

#[derive(Clone, Copy)]
struct Lives {
    /// Whether each comes to the commit at which it is to die.
    always_die: bool,
    /// How long what went before waits for a transaction: for ever, or the number of commits would tell how
    /// busy the machine is.
    hold: Duration,
}

impl Lives {
    const ALIKE: Self = Self {
        always_die: true,
        hold: Duration::from_secs(3_600),
    };

    async fn connect(self, store: Arc<dyn Store>) -> Scoop {
        let connecting = connecting(store, &World::default()).name("w");
        connecting.hold_outcomes(self.hold).await.unwrap()
    }
}

async fn everywhere<S: Saga<Ok: Debug, Error: Debug>>(call: impl Fn(String) -> SagaCall<S>) {
    everywhere_told(call, Lives::ALIKE, |told| told).await;
}

/// Where a step takes so long that what went before does not wait for it.
async fn everywhere_without_waiting<S: Saga<Ok: Debug, Error: Debug>>(
    call: impl Fn(String) -> SagaCall<S>,
) {
    let lives = Lives {
        hold: Duration::from_millis(100),
        ..Lives::ALIKE
    };
    everywhere_told(call, lives, |told| told).await;
}

/// The same for what happens at once, in any order.
async fn in_any_order<S: Saga<Ok: Debug, Error: Debug>>(call: impl Fn(String) -> SagaCall<S>) {
    let sorted = |(status, text, mut ledger): Told| {
        ledger.sort_unstable();
        (status, text, ledger)
    };
    let lives = Lives {
        always_die: false,
        ..Lives::ALIKE
    };
    everywhere_told(call, lives, sorted).await;
}

async fn everywhere_told<S: Saga<Ok: Debug, Error: Debug>>(
    call: impl Fn(String) -> SagaCall<S>,
    lives: Lives,
    as_told: impl Fn(Told) -> Told,
) {
    let place = Place::new().await;
    let store = Arc::new(CrashStore::new(place.open().await, None));
    let peace = as_told(last(&place, store.clone(), &call, lives).await);
    let commits = store.commits();
    assert!(commits > 1);
    for number in 1..=commits {
        let place = Place::new().await;
        let store = CrashStore::new(place.open().await, Some(number));
        let store = Arc::new(store);
        let died = first(store.clone(), &call, lives, store.crashed()).await;
        assert!(died || !lives.always_die, "after commit {number}");
        let told = as_told(last(&place, place.open().await, &call, lives).await);
        assert_eq!(told, peace, "after commit {number}");
        let place = Place::new().await;
        let store = FaultStore::new(place.open().await);
        store.stop_after(u32::try_from(number).unwrap() - 1);
        let died = first(store.clone(), &call, lives, store.stopped()).await;
        assert!(died || !lives.always_die, "before commit {number}");
        let told = as_told(last(&place, place.open().await, &call, lives).await);
        assert_eq!(told, peace, "before commit {number}");
    }
}

/// Whether it died. What happens at once may share a commit, or not: then it may have ended before.
async fn first<S: Saga>(
    store: Arc<dyn Store>,
    call: impl Fn(String) -> SagaCall<S>,
    lives: Lives,
    dead: impl Future<Output = ()>,
) -> bool {
    let scoop = lives.connect(store).await;
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
    lives: Lives,
) -> Told {
    let scoop = lives.connect(store).await;
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
    rollbacks = refused,
    caught_errors = caught,
    panics = panicked,
    time_limits = late,
);

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_take_long() {
    everywhere_without_waiting(lasting).await;
}

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

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_loses() {
    in_any_order(|case| raced(case, false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_wins_is_undone_after_all() {
    in_any_order(|case| raced(case, true)).await;
}
