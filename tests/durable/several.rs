//! Several operations at once: how long they take, which failure counts, and what ends them.

use std::time::Duration;

use scoop::{FailureKind, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    they_take_as_long_as_the_longest,
    so_many_are_under_way_as_it_says,
    the_first_failure_counts_and_the_others_are_told,
    what_a_body_returns_is_the_cause,
    who_panics_is_undone_with_those_beside_it,
    others_are_cancelled_where_it_says_so,
    items_that_have_not_begun_do_not_begin_after_a_failure,
    a_cancelled_run_ends_when_what_is_under_way_has,
    a_worker_that_closes_writes_down_what_is_under_way,
    more_items_than_are_read_at_once_are_undone,
    no_items_are_no_work,
    too_much_at_once_is_refused,
    too_many_at_once_are_refused,
    a_failure_inside_of_several_is_one_of_them,
);

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{0} failed")]
struct Failed(String);

fn takes(seconds: u64) -> impl Future<Output = ()> {
    tokio::time::sleep(Duration::from_secs(seconds))
}

#[step(rollback = unwork)]
async fn work(case: &str, name: &str, seconds: u64) -> Result<u64, Failed> {
    effect(case, &format!("begins {name}"));
    takes(seconds).await;
    effect(case, &format!("ends {name}"));
    match name {
        "panics" => panic!("boom"),
        name if name.starts_with("fails") => Err(Failed(name.to_owned())),
        _ => Ok(seconds),
    }
}

async fn unwork(case: &str, name: &str, _: u64, done: scoop::Outcome<u64>) -> Result<(), Failed> {
    effect(case, &format!("undoes {name} {done:?}"));
    Ok(())
}

#[saga]
async fn three(case: String) -> Result<u64, Failed> {
    let (a, b, c) = scoop::try_join!(
        work(&case, "a", 3),
        work(&case, "b", 7),
        work(&case, "c", 5)
    )?;
    Ok(a + b + c)
}

#[saga]
async fn many(case: String, items: u64, at_once: usize) -> Result<u64, Failed> {
    let done = scoop::try_map(0..items, |item| work(&case, &format!("{item}"), 2))
        .concurrency(at_once)
        .await?;
    Ok(done.len() as u64)
}

#[saga]
async fn two_fail(case: String) -> Result<u64, Failed> {
    let (a, b, c) = scoop::try_join!(
        work(&case, "fails late", 3),
        work(&case, "fails early", 1),
        work(&case, "c", 2)
    )?;
    Ok(a + b + c)
}

#[saga]
async fn late_one_counts(case: String) -> Result<u64, Failed> {
    let (late, early) = scoop::join!(work(&case, "fails late", 3), work(&case, "fails early", 1));
    let late = late?;
    Ok(late + early?)
}

#[saga]
async fn panics(case: String) -> Result<u64, Failed> {
    let (a, b) = scoop::join!(work(&case, "panics", 1), work(&case, "b", 4));
    Ok(a? + b?)
}

#[saga]
async fn naps(case: String) -> Result<u64, Failed> {
    work(&case, "nap", 0).await?;
    scoop::sleep(Duration::from_secs(9_000)).await;
    Ok(0)
}

#[saga]
async fn impatient(case: String) -> Result<u64, Failed> {
    let (a, b, c) = scoop::try_join((
        work(&case, "fails", 2),
        naps(case.clone()),
        work(&case, "c", 4),
    ))
    .cancel_others()
    .await?;
    Ok(a + b + c)
}

#[saga]
async fn some(case: String, items: Vec<String>) -> Result<usize, Failed> {
    let done = scoop::try_map(&items, |item| work(&case, item, 2))
        .concurrency(2)
        .await?;
    Ok(done.len())
}

#[saga]
async fn beside_a_nap(case: String) -> Result<u64, Failed> {
    let (a, b) = scoop::try_join!(work(&case, "a", 60), naps(case.clone()))?;
    Ok(a + b)
}

#[saga]
async fn wide(case: String, items: u64) -> u64 {
    let all = scoop::map(0..items, |_| scoop::try_join((work(&case, "a", 0),))).await;
    all.len() as u64
}

/// What fails first is inside of another one.
#[saga]
async fn pairs(case: String) -> Result<u64, Failed> {
    let fails = ["fails late", "fails early"];
    let pairs = scoop::try_join!(
        work(&case, fails[0], 5),
        scoop::try_join((work(&case, "b", 1), work(&case, fails[1], 2))),
    );
    let (one, (other, _)) = pairs?;
    Ok(one + other)
}

/// One pair at a time.
#[saga]
async fn pair_after_pair(case: String) -> Result<usize, Failed> {
    let names = ["a", "fails", "c"];
    let pairs = scoop::try_map(names, |name| {
        scoop::try_join((work(&case, name, 1), work(&case, "beside", 1)))
    })
    .concurrency(1)
    .await?;
    Ok(pairs.len())
}

#[saga]
async fn large(case: String) -> Result<u64, Failed> {
    let text = "x".repeat(1 << 20);
    let all = scoop::map(0..9, |_| work(&case, &text, 0)).await;
    Ok(all.len() as u64)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn they_take_as_long_as_the_longest(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(three(case.clone())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 15);
    assert_eq!(watch.seconds(), 7);
}

async fn so_many_are_under_way_as_it_says(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(many(case.clone(), 10, 3))
        .await
        .unwrap();
    assert_eq!(handle.wait().await.unwrap(), 10);
    assert_eq!(watch.seconds(), 8);
    let (mut now, mut most) = (0, 0);
    for line in journal::read(&case) {
        now += if line.contains("begins") { 1 } else { -1 };
        most = most.max(now);
    }
    assert_eq!(most, 3);
}

async fn the_first_failure_counts_and_the_others_are_told(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(two_fail(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(watch.seconds(), 3, "all of them are awaited");
    assert_eq!(error.error(), Some(&Failed("fails early".to_owned())));
    let hop = &error.hops()[0];
    assert!(
        hop.point.as_deref().unwrap().starts_with("try_join"),
        "{hop:?}"
    );
    assert!(
        hop.operation.as_deref().unwrap().ends_with("work"),
        "{hop:?}"
    );
    let before: Vec<_> = error
        .preceded_by()
        .iter()
        .map(|other| &*other.error.message)
        .collect();
    assert_eq!(before, ["fails late failed"]);
    assert_eq!(journal::count(&case, "undoes c Done(2)"), 1);
    assert_eq!(error.compensations().len(), 1);
}

async fn what_a_body_returns_is_the_cause(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(late_one_counts(case.clone()))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails late".to_owned())));
    let before: Vec<_> = error
        .preceded_by()
        .iter()
        .map(|other| &*other.error.message)
        .collect();
    assert_eq!(before, ["fails early failed"]);
}

async fn who_panics_is_undone_with_those_beside_it(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(panics(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(watch.seconds(), 4);
    assert_eq!(error.kind(), Some(FailureKind::Panic));
    assert_eq!(error.preceded_by().len(), 0, "{error:?}");
    assert_eq!(journal::count(&case, "undoes panics Unknown"), 1);
    assert_eq!(journal::count(&case, "undoes b Done(4)"), 1);
}

async fn others_are_cancelled_where_it_says_so(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(impatient(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    assert_eq!(watch.seconds(), 4, "a step is awaited, a sleep is not");
    assert_eq!(journal::count(&case, "undoes nap Done(0)"), 1);
    assert_eq!(journal::count(&case, "undoes c Done(4)"), 1);
}

async fn items_that_have_not_begun_do_not_begin_after_a_failure(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let items = ["a", "fails", "c", "d", "e"].map(str::to_owned).to_vec();
    let handle = process
        .scoop
        .start(some(case.clone(), items))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    let begun = journal::read(&case)
        .iter()
        .filter(|line| line.contains("begins"))
        .count();
    assert!(begun <= 3, "{begun}");
    assert_eq!(error.compensations().len(), begun - 1);
}

async fn a_cancelled_run_ends_when_what_is_under_way_has(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(beside_a_nap(case.clone()))
        .await
        .unwrap();
    watch.until(1).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(watch.seconds(), 60);
    assert_eq!(journal::count(&case, "undoes a Done(60)"), 1);
    assert_eq!(journal::count(&case, "undoes nap Done(0)"), 1);
}

async fn a_worker_that_closes_writes_down_what_is_under_way(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let id = process.scoop.start(three(case.clone())).await.unwrap().id();
    watch.until(4).await;
    process.scoop.shutdown().await;
    drop(process);
    assert_eq!(watch.seconds(), 7);
    let process = Process::start(&place).await;
    let handle = process.scoop.handle(three, id);
    assert_eq!(handle.wait().await.unwrap(), 15);
    assert_eq!(watch.seconds(), 7);
    for name in ["a", "b", "c"] {
        assert_eq!(journal::count(&case, &format!("begins {name}")), 1);
    }
}

/// All that they left is at one position of the run.
async fn more_items_than_are_read_at_once_are_undone(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let mut items = vec!["a".to_owned(); 600];
    items.push("fails".to_owned());
    let handle = process
        .scoop
        .start(some(case.clone(), items))
        .await
        .unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(36_000), handle.wait());
    let error = waited.await.expect("it ends").unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    assert_eq!(error.compensations().len(), 600);
    assert_eq!(journal::count(&case, "undoes a Done(2)"), 600);
}

async fn no_items_are_no_work(place: Place) {
    let process = Process::start(&place).await;
    let handle = process.scoop.start(many(case(), 0, 3)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 0);
}

async fn too_many_at_once_are_refused(place: Place) {
    let case = case();
    let connect = connecting(place.open().await).fan_out_limit(3);
    let scoop = connect.await.unwrap();
    let handle = scoop.start(wide(case.clone(), 3)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
    let handle = scoop.start(wide(case.clone(), 4)).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooWide));
    let said = format!("{error:?}");
    assert!(
        said.contains("4 operations would be awaited at once, and the limit is 3"),
        "{said}"
    );
    assert_eq!(journal::count(&case, "begins a"), 3);
}

async fn a_failure_inside_of_several_is_one_of_them(place: Place) {
    let process = Process::start(&place).await;
    let (case, watch) = (case(), Watch::start());
    let handle = process.scoop.start(pairs(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(watch.seconds(), 5);
    assert_eq!(error.error(), Some(&Failed("fails early".to_owned())));
    let before = error.preceded_by().iter();
    let before: Vec<_> = before.map(|other| &*other.error.message).collect();
    assert_eq!(before, ["fails late failed"]);

    let handle = process.scoop.start(pair_after_pair(case.clone())).await;
    let error = handle.unwrap().wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    assert_eq!(journal::count(&case, "begins c"), 0, "it was not to begin");
}

async fn too_much_at_once_is_refused(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(large(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooLarge));
    assert_eq!(journal::read(&case).len(), 0);
}
