//! Runs that wait for others, for long: they are in nobody's memory, and go on as soon as those have ended.

use std::sync::Arc;
use std::time::Duration;

use scoop::{FailureKind, Handle, Outcome, Saga, SagaError, saga, step};
use scoop_runtime::environment::Environment as _;
use scoop_runtime::protocol::id::RunId;
use scoop_runtime::protocol::run::{RunRow, RunStatus};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::clock::Clock;
use crate::support::{Place, connecting, on_every_store};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

on_every_store!(
    who_awaits_a_saga_for_long_is_nobodys,
    who_awaits_one_for_a_moment_is_kept,
    whoever_says_so_keeps_those_above,
    a_tree_that_sleeps_is_nobodys,
    the_end_of_a_saga_is_heard_after_a_restart,
    several_that_rest_are_nobodys,
    an_operation_for_each_item_may_rest,
    one_that_works_keeps_the_others,
    a_race_may_rest,
    a_time_limit_ends_who_rests,
    a_pause_beside_others_is_no_doubt,
    what_does_not_begin_any_more_does_not_begin_later,
    who_is_cancelled_while_it_rests_ends_what_it_awaits,
    who_is_cancelled_with_several_ends_them_all,
    past_its_pivot_a_run_rests_on,
    a_deadline_ends_who_rests,
    a_failure_below_wakes_the_one_above,
    what_is_undone_below_for_long_keeps_nobody,
    who_rests_has_no_place_in_its_queue,
    a_stuck_saga_is_told_of_at_the_top,
);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(rollback = untake)]
async fn take(case: &str, what: &str) -> Result<(), No> {
    effect(case, &format!("takes {what}"));
    Ok(())
}

async fn untake(case: &str, what: &str, (): ()) -> Result<(), No> {
    effect(case, &format!("untakes {what}"));
    match case.starts_with("stuck") {
        true => Err(No),
        false => Ok(()),
    }
}

#[step(read_only)]
async fn works(case: &str, seconds: u64) {
    effect(case, "works");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, "worked");
}

#[step(pivot)]
async fn announce(case: &str) {
    effect(case, "announces");
}

#[step(rollback = unknock, retry(max = 2, backoff = "1h..1h"))]
async fn knock(case: &str) -> Result<u32, No> {
    effect(case, "knocks");
    match scoop::context().unwrap().attempt() {
        2 => Ok(2),
        _ => Err(No),
    }
}

async fn unknock(case: &str, outcome: Outcome<u32>) -> Result<(), No> {
    effect(case, &format!("unknocks {outcome:?}"));
    Ok(())
}

#[step(rollback = unhang, undo(retry(forever, backoff = "1h..1h")))]
async fn hang(case: &str) -> Result<(), No> {
    effect(case, "hangs");
    Ok(())
}

async fn unhang(case: &str, (): ()) -> Result<(), No> {
    effect(case, "unhangs");
    match scoop::context().unwrap().attempt() {
        3 => Ok(()),
        _ => Err(No),
    }
}

#[step(read_only)]
async fn fail(case: &str) -> Result<(), No> {
    effect(case, "fails");
    Err(No)
}

#[saga]
async fn rests(case: String, seconds: u64) -> Result<u64, No> {
    take(&case, &format!("a bed for {seconds}")).await?;
    scoop::sleep(Duration::from_secs(seconds)).await;
    Ok(seconds)
}

#[saga]
async fn above(case: String, seconds: u64) -> Result<u64, No> {
    take(&case, "a room").await?;
    let rested = rests(case.clone(), seconds).await?;
    take(&case, "breakfast").await?;
    Ok(rested)
}

#[saga]
async fn higher(case: String, seconds: u64) -> Result<u64, No> {
    above(case, seconds).await
}

#[saga]
async fn both(case: String, one: u64, other: u64) -> Result<u64, No> {
    let (one, other) = scoop::join!(rests(case.clone(), one), rests(case.clone(), other));
    Ok(one? + other?)
}

#[saga]
async fn beside_work(case: String, rest: u64, work: u64) -> Result<u64, No> {
    let (rested, ()) = scoop::join!(rests(case.clone(), rest), works(&case, work));
    rested
}

#[saga]
async fn each(case: String, all: Vec<u64>) -> Result<Vec<u64>, No> {
    scoop::try_map(all, |seconds| rests(case.clone(), seconds))
        .concurrency(2)
        .await
}

#[saga]
async fn rests_or_fails(case: String, seconds: u64) -> Result<u64, No> {
    scoop::sleep(Duration::from_secs(seconds)).await;
    if seconds == 20 {
        fail(&case).await?;
    }
    journal::body(&case, &format!("rested {seconds}"));
    Ok(seconds)
}

#[saga]
async fn each_or_none(case: String, all: Vec<u64>) -> Result<Vec<u64>, No> {
    scoop::try_map(all, |seconds| rests_or_fails(case.clone(), seconds))
        .concurrency(2)
        .await
}

#[saga]
async fn first(case: String, one: u64, other: u64) -> Result<u64, No> {
    scoop::race!(rests(case.clone(), one), rests(case.clone(), other))
}

#[saga]
async fn hurries(case: String, seconds: u64) -> Result<u64, No> {
    let limit = Duration::from_secs(2 * HOUR);
    match scoop::timeout(limit, rests(case, seconds)).await {
        Ok(rested) => rested,
        Err(_) => Ok(0),
    }
}

#[saga]
async fn knocks_beside(case: String) -> Result<u64, No> {
    let (knocked, rested) = scoop::join!(knock(&case), rests(case.clone(), 10 * HOUR));
    knocked?;
    rested?;
    fail(&case).await?;
    Ok(1)
}

#[saga]
async fn announced(case: String) -> u64 {
    announce(&case).await;
    let rested: Result<u64, SagaError<No>> = scoop::caught(rests(case, DAY)).await;
    rested.unwrap_or(0)
}

#[saga(deadline = "2h")]
async fn must_hurry(case: String) -> Result<u64, No> {
    rests(case, DAY).await
}

#[saga]
async fn fails_late(case: String) -> Result<(), No> {
    scoop::sleep(Duration::from_secs(3 * HOUR)).await;
    take(&case, "a taxi").await?;
    fail(&case).await
}

#[saga]
async fn has_failure(case: String) -> Result<(), No> {
    take(&case, "a room").await?;
    fails_late(case).await
}

#[saga]
async fn has_failure_below(case: String) -> Result<(), No> {
    has_failure(case).await
}

#[saga]
async fn hangs(case: String) -> Result<(), No> {
    hang(&case).await
}

#[saga]
async fn hangs_and_fails(case: String) -> Result<(), No> {
    hangs(case.clone()).await?;
    fail(&case).await
}

#[saga(queue = "mail")]
async fn mails(case: String, seconds: u64, depth: u32) -> Result<u32, No> {
    if depth == 0 {
        scoop::sleep(Duration::from_secs(seconds)).await;
        works(&case, 1).await;
        return Ok(1);
    }
    let below = mails(case.clone(), seconds, depth - 1).await?;
    works(&case, 1).await;
    Ok(below + 1)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// How often something happened that is called like this.
fn times(case: &str, what: &str) -> usize {
    let lines = journal::read(case);
    let alike = |line: &&String| {
        let rest = line.split_once(' ');
        rest.is_some_and(|(_, rest)| rest.starts_with(what))
    };
    lines.iter().filter(alike).count()
}

async fn row(process: &Process, run: RunId) -> RunRow {
    process.scoop.admin().show(run).await.unwrap().0
}

/// Whether it is nobody's, and for how many runs it waits.
async fn resting<S: Saga>(process: &Process, handle: &Handle<S>) -> Option<i64> {
    let row = row(process, handle.id()).await;
    let wakes_later = row.wake_at.is_some_and(|at| at > Clock.now());
    (row.owner.is_none() && wakes_later).then_some(row.pending_children)
}

async fn below<S: Saga>(process: &Process, handle: &Handle<S>) -> Vec<RunRow> {
    let filter = scoop::RunFilter {
        parent: Some(handle.id()),
        ..scoop::RunFilter::default()
    };
    process.store.runs(&filter).await.unwrap()
}

async fn who_awaits_a_saga_for_long_is_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(above(case.clone(), 9 * HOUR)).await;
    let handle = handle.unwrap();
    watch.until(9).await;
    assert_eq!(resting(&process, &handle).await, None);
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
    assert_eq!(row(&process, handle.id()).await.pending_children, 0);
}

async fn who_awaits_one_for_a_moment_is_kept(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(above(case, 9)).await.unwrap();
    watch.until(8).await;
    assert_eq!(resting(&process, &handle).await, None);
    assert_eq!(handle.wait().await.unwrap(), 9);
    assert_eq!(watch.seconds(), 9);
}

async fn whoever_says_so_keeps_those_above(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let connect = connecting(place.open().await).dormant_after(Duration::MAX);
    let scoop = connect.await.unwrap();
    let handle = scoop.start(above(case, DAY)).await.unwrap();
    watch.until(HOUR).await;
    let row = scoop.admin().show(handle.id()).await.unwrap().0;
    assert!(row.owner.is_some());
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}

/// All of it, and longer than anybody rests without having a look.
async fn a_tree_that_sleeps_is_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), 30 * HOUR)).await;
    let handle = handle.unwrap();
    for hours in [1, 12, 26] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{hours}");
        let below = below(&process, &handle).await;
        assert_eq!(below.len(), 1);
        assert_eq!((&below[0].owner, below[0].pending_children), (&None, 1));
    }
    assert_eq!(handle.wait().await.unwrap(), 30 * HOUR);
    assert_eq!(watch.seconds(), 30 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
}

async fn the_end_of_a_saga_is_heard_after_a_restart(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), 9 * HOUR)).await;
    let id = handle.unwrap().id();
    watch.until(HOUR).await;
    let process = process.restart(&watch, 2 * HOUR).await;
    let handle = process.scoop.handle(higher, id);
    watch.until(3 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 3);
}

async fn several_that_rest_are_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(both(case.clone(), 2 * HOUR, 9 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(2));
    watch.until(3 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 11 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 2);
}

/// What waits for its turn begins when another one ends.
async fn an_operation_for_each_item_may_rest(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let all = vec![2 * HOUR, 9 * HOUR, 3 * HOUR, 5 * HOUR];
    let start = process.scoop.start(each(case.clone(), all.clone()));
    let handle = start.await.unwrap();
    for hours in [1, 4, 6] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(2), "{hours}");
    }
    assert_eq!(handle.wait().await.unwrap(), all);
    assert_eq!(watch.seconds(), 10 * HOUR);
    assert_eq!(journal::read(&case).len(), 4);
}

async fn one_that_works_keeps_the_others(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process
        .scoop
        .start(beside_work(case.clone(), 9 * HOUR, 600));
    let handle = start.await.unwrap();
    watch.until(590).await;
    assert_eq!(resting(&process, &handle).await, None);
    watch.until(620).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 9 * HOUR);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(times(&case, "works"), 1);
}

async fn a_race_may_rest(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(first(case.clone(), 9 * HOUR, 3 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(2));
    assert_eq!(handle.wait().await.unwrap(), 3 * HOUR);
    assert_eq!(watch.seconds(), 3 * HOUR);
    assert_eq!(times(&case, "untakes a bed for 32400"), 1);
    assert_eq!(journal::read(&case).len(), 3);
}

async fn a_time_limit_ends_who_rests(place: Place) {
    for (seconds, rested, takes) in [(9 * HOUR, 0, 2 * HOUR), (HOUR, HOUR, HOUR)] {
        let (case, watch) = (case(), Watch::start());
        let process = Process::start(&place.fresh()).await;
        let handle = process.scoop.start(hurries(case.clone(), seconds)).await;
        let handle = handle.unwrap();
        watch.until(HOUR / 2).await;
        assert_eq!(resting(&process, &handle).await, Some(1));
        assert_eq!(handle.wait().await.unwrap(), rested);
        assert_eq!(watch.seconds(), takes);
        let undone = usize::from(rested == 0);
        assert_eq!(times(&case, "untakes"), undone);
    }
}

/// The attempt that was due did not begin while the run was nobody's, whenever it is taken up.
async fn a_pause_beside_others_is_no_doubt(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(knocks_beside(case.clone())).await;
    let handle = handle.unwrap();
    watch.until(HOUR / 2).await;
    let row = row(&process, handle.id()).await;
    assert_eq!((row.owner, row.pending_children), (None, 1));
    let left = row.wake_at.unwrap().since(Clock.now()).as_secs();
    assert!((1_795..=1_800).contains(&left), "{left}");
    let process = process.restart(&watch, 2 * HOUR).await;
    let handle = process.scoop.handle(knocks_beside, handle.id());
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 10 * HOUR);
    assert_eq!(times(&case, "knocks"), 2);
    assert_eq!(times(&case, "unknocks Done(2)"), 1);
}

/// One fails while another one rests on.
async fn what_does_not_begin_any_more_does_not_begin_later(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let all = vec![9 * HOUR, 20, 30, 40];
    let handle = process.scoop.start(each_or_none(case.clone(), all)).await;
    let error = handle.unwrap().wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(times(&case, "rested"), 1);
}

async fn who_is_cancelled_while_it_rests_ends_what_it_awaits(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(higher(case.clone(), DAY)).await;
    let handle = handle.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() <= HOUR + 1, "{}", watch.seconds());
    let undone: Vec<String> = journal::read(&case).split_off(2);
    assert!(undone[0].contains("untakes a bed"), "{undone:?}");
    assert!(undone[1].contains("untakes a room"), "{undone:?}");
    assert_eq!(undone.len(), 2);
}

async fn who_is_cancelled_with_several_ends_them_all(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(both(case.clone(), 8 * HOUR, 9 * HOUR));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!(watch.seconds() <= HOUR + 1, "{}", watch.seconds());
    assert_eq!(times(&case, "untakes"), 2);
    for row in below(&process, &handle).await {
        assert_eq!(row.status, RunStatus::RolledBack);
    }
}

async fn past_its_pivot_a_run_rests_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(announced(case.clone())).await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    handle.cancel().await.unwrap();
    for hours in [2, 20] {
        watch.until(hours * HOUR).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{hours}");
    }
    assert_eq!(handle.wait().await.unwrap(), DAY);
    assert_eq!(watch.seconds(), DAY);
}

async fn a_deadline_ends_who_rests(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(must_hurry(case.clone())).await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Deadline));
    assert!(watch.seconds() <= 2 * HOUR + 1, "{}", watch.seconds());
    assert_eq!(times(&case, "untakes"), 1);
}

async fn a_failure_below_wakes_the_one_above(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process
        .scoop
        .start(has_failure(case.clone()))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No));
    assert_eq!(watch.seconds(), 3 * HOUR);
    assert_eq!(times(&case, "untakes"), 2);
}

/// Its compensation is attempted again and again.
async fn what_is_undone_below_for_long_keeps_nobody(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(hangs_and_fails(case.clone()));
    let handle = start.await.unwrap();
    for minutes in [30, 90] {
        watch.until(minutes * 60).await;
        assert_eq!(resting(&process, &handle).await, Some(1), "{minutes}");
    }
    let error = handle.wait().await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(watch.seconds(), 2 * HOUR);
    assert_eq!(times(&case, "unhangs"), 3);
}

/// Those below are of the same one.
async fn who_rests_has_no_place_in_its_queue(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let store = place.open().await;
    let connect = connecting(Arc::clone(&store)).queue("mail", 1);
    let scoop = connect.await.unwrap();
    let mut handles = Vec::new();
    for _ in 0..3 {
        let start = scoop.start(mails(case.clone(), HOUR, 2));
        handles.push(start.await.unwrap());
    }
    watch.until(HOUR / 2).await;
    for handle in &handles {
        let row = store.run(handle.id()).await.unwrap().unwrap();
        assert_eq!((row.owner, row.pending_children), (None, 1));
    }
    for handle in handles {
        assert_eq!(handle.wait().await.unwrap(), 3);
    }
    assert!(watch.seconds() <= HOUR + 30, "{}", watch.seconds());
    assert_eq!(times(&case, "worked"), 9);
    let lines = journal::read(&case);
    let turns = lines.chunks(2).all(|two| two[0].ends_with("works"));
    assert!(turns, "one at a time: {lines:?}");
}

/// However deep it is below, and though all above it rested.
async fn a_stuck_saga_is_told_of_at_the_top(place: Place) {
    let (case, watch) = (format!("stuck {}", case()), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(has_failure_below(case.clone()));
    let handle = start.await.unwrap();
    watch.until(HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    let error = handle.wait().await.unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    assert!(
        watch.seconds().abs_diff(3 * HOUR) < 900,
        "{}",
        watch.seconds()
    );
    watch.until(4 * HOUR).await;
    let below = below(&process, &handle).await.remove(0);
    for held_up in [row(&process, handle.id()).await, below] {
        assert!(held_up.owner.is_some(), "it is there to say so");
    }
}
