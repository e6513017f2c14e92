//! Runs a saga once in peace, and then once for each moment at which its process may die; and
//! compares what came of it and, line by line, what happened in the world outside.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use scoop::Status;
use scoop::testing::{CrashStore, FaultStore, Store};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::end::{End, end_of};
use crate::journal;
use crate::support::{Place, connect, kill};

const HOUR: Duration = Duration::from_secs(3_600);

/// When the first life ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Crash {
    /// Before the commit with this number, from 1: what led to it is lost.
    Before(u32),
    /// Right after it: nothing that was to follow has happened.
    After(u32),
}

/// What a saga comes to, told by whoever wrote the test.
pub(crate) struct Wanted {
    pub(crate) status: Status,
    pub(crate) result: &'static str,
    pub(crate) happened: &'static [&'static str],
}

/// What happened in a case: until the crash, and altogether.
pub(crate) struct Told {
    pub(crate) end: End,
    /// Whether there was a crash at all.
    pub(crate) died: bool,
    first: Vec<String>,
    pub(crate) all: Vec<String>,
}

/// Crashes before and after every commit.
pub(crate) async fn everywhere<S>(
    place: Place,
    call: impl Fn(String) -> SagaCall<S>,
    wanted: Wanted,
) where
    S: Saga<Ok: Debug, Error: Debug>,
{
    let lengths = after_every_commit(place.clone(), &call, wanted).await;
    let (end, all) = in_peace(&place.fresh(), &call).await;
    for (number, last) in (1..).zip(lengths.iter().skip(1)) {
        let crash = Crash::Before(number);
        let told = crashed(&place.fresh(), &call, crash).await;
        assert!(told.died, "{crash:?}");
        assert_eq!(told.end, end, "{crash:?}");
        assert_eq!(told.first, all[..*last], "{crash:?}");
        // What lies between the last two commits happened twice, under the same key; nothing else.
        let again = lengths[number as usize - 1];
        assert_eq!(
            told.all,
            [&all[..*last], &all[again..]].concat(),
            "{crash:?}"
        );
    }
}

/// Crashes after every commit. How many lines of the journal belong before each (and before none).
pub(crate) async fn after_every_commit<S>(
    place: Place,
    call: impl Fn(String) -> SagaCall<S>,
    wanted: Wanted,
) -> Vec<usize>
where
    S: Saga<Ok: Debug, Error: Debug>,
{
    let commits = commits(&place.fresh(), &call).await;
    let (end, all) = in_peace(&place.fresh(), &call).await;
    assert_eq!((&end.status, &*end.result), (&wanted.status, wanted.result));
    assert_eq!(all, wanted.happened);
    let mut lengths = vec![0];
    for number in 1..=commits {
        let crash = Crash::After(number);
        let told = crashed(&place.fresh(), &call, crash).await;
        assert!(told.died, "{crash:?}");
        assert_eq!(told.end, end, "{crash:?}");
        assert_eq!(
            told.all, all,
            "{crash:?}: something happened twice, or never"
        );
        lengths.push(told.first.len());
    }
    assert!(commits > 1 && lengths.is_sorted(), "{lengths:?}");
    lengths
}

/// A name that no other case of this process has.
fn name() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(crate) async fn commits<S: Saga<Ok: Debug, Error: Debug>>(
    place: &Place,
    call: impl Fn(String) -> SagaCall<S>,
) -> u32 {
    let store = Arc::new(CrashStore::new(place.open().await, None));
    let scoop = connect(store.clone()).await;
    let handle = scoop.start(call(name())).id("one").await.unwrap();
    end_of(&handle).await;
    kill(scoop, &*store).await;
    u32::try_from(store.commits()).unwrap()
}

pub(crate) async fn in_peace<S: Saga<Ok: Debug, Error: Debug>>(
    place: &Place,
    call: impl Fn(String) -> SagaCall<S>,
) -> (End, Vec<String>) {
    let (case, store) = (name(), place.open().await);
    let end = to_its_end(&store, call(case.clone())).await;
    (end, journal::told(&journal::read(&case)))
}

/// Starts, or finds, the run, and waits for its end in the last life.
async fn to_its_end<S: Saga<Ok: Debug, Error: Debug>>(
    store: &Arc<dyn Store>,
    call: SagaCall<S>,
) -> End {
    let scoop = connect(Arc::clone(store)).await;
    let handle = scoop.start(call).id("one").await.unwrap();
    let end = end_of(&handle).await;
    kill(scoop, &**store).await;
    end
}

/// One run that crashes there, and goes on in a second life.
pub(crate) async fn crashed<S: Saga<Ok: Debug, Error: Debug>>(
    place: &Place,
    call: impl Fn(String) -> SagaCall<S>,
    crash: Crash,
) -> Told {
    let (case, inner) = (name(), place.open().await);
    let died = match crash {
        Crash::After(number) => {
            let store = Arc::new(CrashStore::new(inner, Some(number.into())));
            until(store.clone(), call(case.clone()), store.crashed()).await
        }
        Crash::Before(number) => {
            let store = FaultStore::new(inner);
            store.stop_after(number - 1);
            until(store.clone(), call(case.clone()), store.stopped()).await
        }
    };
    let first = journal::read(&case).len();
    let end = to_its_end(&place.open().await, call(case.clone())).await;
    let all = journal::told(&journal::read(&case));
    let first = all[..first].to_vec();
    Told {
        end,
        died,
        first,
        all,
    }
}

/// One life, up to this end of it. Whether it came to it.
async fn until<S: Saga>(
    store: Arc<dyn Store>,
    call: SagaCall<S>,
    dead: impl Future<Output = ()>,
) -> bool {
    let scoop = connect(Arc::clone(&store)).await;
    let life = async {
        let handle = scoop.start(call).id("one").await.unwrap();
        drop(handle.wait().await);
    };
    tokio::pin!(dead);
    let died = tokio::select! {
        biased;
        () = &mut dead => true,
        // It may still have read what the last commit wrote.
        () = life => tokio::time::timeout(HOUR, &mut dead).await.is_ok(),
    };
    if !died {
        kill(scoop, &*store).await;
    }
    died
}
