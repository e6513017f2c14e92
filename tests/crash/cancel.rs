//! Runs that are cancelled, and runs that take longer than their deadline: a crash anywhere, before
//! the request is stored and after, and in the rollback that it leads to.

use std::sync::Arc;
use std::time::Duration;

use scoop::Status::{Completed, RolledBack};
use scoop::testing::{CrashStore, FaultStore, Store};
use scoop::{Handle, saga};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::end::{End, end_of};
use crate::journal;
use crate::sagas::{Full, book, pay};
use crate::support::{Place, connect, connecting, kill, on_every_store, soon};
use crate::sweep::{Crash, Wanted, everywhere};

on_every_store!(
    a_cancel_in_a_sleep,
    a_cancel_of_a_tree,
    a_cancel_past_the_pivot,
    a_saga_below_that_had_not_begun_never_does,
    a_deadline_of_a_tree,
);

const LONG: Duration = Duration::from_secs(100 * 3_600);

#[saga]
async fn sleeper(case: String, sleep: Duration) -> Result<(), Full> {
    book(&case, "hotel").await?;
    scoop::sleep(sleep).await;
    book(&case, "breakfast").await?;
    Ok(())
}

#[saga]
async fn above(case: String) -> Result<(), Full> {
    book(&case, "flight").await?;
    sleeper(case.clone(), Duration::from_millis(1)).await?;
    sleeper(case, LONG).await?;
    Ok(())
}

#[saga]
async fn paid(case: String) -> Result<(), Full> {
    book(&case, "flight").await?;
    pay(&case, 7).await?;
    scoop::sleep(Duration::from_secs(600)).await;
    Ok(())
}

async fn a_cancel_in_a_sleep(place: Place) {
    let call = |case| sleeper(case, LONG);
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Cancelled None ["cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &["1 +hotel", "1:undo -hotel"],
    };
    cancelled_everywhere(place, call, wanted).await;
}

async fn a_cancel_of_a_tree(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Cancelled None ["sleeper of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +flight",
            "b 1 +hotel",
            "b 3 +breakfast",
            "c 1 +hotel",
            "c 1:undo -hotel",
            "b 3:undo -breakfast",
            "b 1:undo -hotel",
            "a 1:undo -flight",
        ],
    };
    cancelled_everywhere(place, above, wanted).await;
}

async fn a_cancel_past_the_pivot(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "()",
        happened: &["1 +flight", "2 pay 7"],
    };
    cancelled_everywhere(place, paid, wanted).await;
}

/// Starts, or finds, the run; cancels it when it stands still, and waits for its end.
async fn cancelled<S: Saga>(store: Arc<dyn Store>, call: SagaCall<S>) -> Handle<S> {
    let scoop = connect(store).await;
    let handle = scoop.start(call).id("one").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // It may be on its way back, or over.
    drop(handle.cancel().await);
    drop(soon(handle.wait()).await);
    handle
}

async fn life<S>(place: &Place, call: SagaCall<S>) -> End
where
    S: Saga<Ok: std::fmt::Debug, Error: std::fmt::Debug>,
{
    let handle = cancelled(place.open().await, call).await;
    end_of(&handle).await
}

async fn until<S: Saga>(store: Arc<dyn Store>, call: SagaCall<S>, dead: impl Future<Output = ()>) {
    tokio::pin!(dead);
    tokio::select! {
        biased;
        () = &mut dead => {}
        _ = cancelled(store, call) => soon(dead).await,
    }
}

/// Cancels in peace, and then with a crash before and after every commit, that of the request among
/// them; whoever asked asks again in the second life.
async fn cancelled_everywhere<S>(place: Place, call: impl Fn(String) -> SagaCall<S>, wanted: Wanted)
where
    S: Saga<Ok: std::fmt::Debug, Error: std::fmt::Debug>,
{
    let name = || uuid::Uuid::new_v4().to_string();
    let case = name();
    let counting = Arc::new(CrashStore::new(place.open().await, None));
    let handle = cancelled(counting.clone(), call(case.clone())).await;
    let end = end_of(&handle).await;
    assert_eq!((&end.status, &*end.result), (&wanted.status, wanted.result));
    assert_eq!(journal::told(&journal::read(&case)), wanted.happened);
    let commits = u32::try_from(counting.commits()).unwrap();
    assert!(commits > 3, "{commits}");
    let crashes = (1..=commits).flat_map(|number| [Crash::Before(number), Crash::After(number)]);
    for crash in crashes {
        let (place, case) = (place.fresh(), name());
        let inner = place.open().await;
        match crash {
            Crash::After(number) => {
                let store = Arc::new(CrashStore::new(inner, Some(number.into())));
                until(store.clone(), call(case.clone()), store.crashed()).await;
            }
            Crash::Before(number) => {
                let store = FaultStore::new(inner);
                store.stop_after(number - 1);
                until(store.clone(), call(case.clone()), store.stopped()).await;
            }
        }
        assert_eq!(life(&place, call(case.clone())).await, end, "{crash:?}");
        let mut happened = journal::told(&journal::read(&case));
        if matches!(crash, Crash::Before(_)) {
            // What was not stored happened again, under the same key.
            happened.dedup();
        }
        assert_eq!(happened, wanted.happened, "{crash:?}");
    }
}

/// Its row is stored when the process dies, and nothing of itself; then somebody cancels.
async fn a_saga_below_that_had_not_begun_never_does(place: Place) {
    let case = uuid::Uuid::new_v4().to_string();
    let store = FaultStore::new(place.open().await);
    store.stop_after(2);
    until(store.clone(), above(case.clone()), store.stopped()).await;
    let store = place.open().await;
    let client = connecting(store.clone()).worker(false).await.unwrap();
    let handle = client.start(above(case.clone())).id("one").await.unwrap();
    handle.cancel().await.unwrap();
    kill(client, &*store).await;
    let scoop = connect(place.open().await).await;
    let end = end_of(&scoop.handle(above, handle.id())).await;
    let result = r#"Cancelled None ["cancel of 1: Undone { attempt: 1 }"]"#;
    assert_eq!((end.status, &*end.result), (RolledBack, result));
    let happened = journal::told(&journal::read(&case));
    assert_eq!(happened, ["1 +flight", "1:undo -flight"]);
}

#[saga(deadline = "30m")]
async fn in_time(case: String) -> Result<(), Full> {
    book(&case, "flight").await?;
    sleeper(case.clone(), Duration::from_secs(600)).await?;
    sleeper(case.clone(), LONG).await?;
    Ok(())
}

async fn a_deadline_of_a_tree(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Deadline None ["sleeper of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "a 1 +flight",
            "b 1 +hotel",
            "b 3 +breakfast",
            "c 1 +hotel",
            "c 1:undo -hotel",
            "b 3:undo -breakfast",
            "b 1:undo -hotel",
            "a 1:undo -flight",
        ],
    };
    everywhere(place, in_time, wanted).await;
}
