//! Of a queue only so many runs run at once, and those that wait keep no others waiting.

use std::sync::Arc;
use std::time::Duration;

use scoop::testing::Store;
use scoop::{FailureKind, Handle, Saga, Scoop, Status, saga, step};
use scoop_runtime::codec::Stored;
use scoop_runtime::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use scoop_runtime::protocol::commit::Commit;
use scoop_runtime::protocol::id::{Part, RunId, Seq, WorkerName};
use scoop_runtime::protocol::run::{NewRun, RunUpdate};
use scoop_runtime::protocol::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::journal::{self, effect};
use crate::lives::Watch;
use crate::support::{Place, connecting, kill, on_every_store, soon};

on_every_store!(
    of_a_queue_only_so_many_run_at_once,
    two_workers_share_the_places_of_a_queue,
    a_full_queue_keeps_no_others_waiting,
    what_sleeps_has_no_place_in_its_queue,
    sagas_of_one_queue_may_await_each_other,
    sagas_of_one_queue_may_be_awaited_at_once,
    what_lost_a_race_in_a_queue_is_undone_beside_others,
    what_is_undone_below_has_a_place_again,
    a_parked_run_has_no_place_in_its_queue,
    what_a_dead_worker_had_is_taken_up_again,
    an_operator_has_a_run_of_a_queue_go_on,
    a_limit_holds_for_those_who_do_not_name_it,
    a_queue_has_a_name
);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no")]
struct No;

#[step(read_only)]
async fn takes(case: &str, seconds: u64) {
    effect(case, "begins");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, "ends");
}

#[step(rollback = untake)]
async fn took(case: &str) -> u32 {
    effect(case, "+");
    1
}

async fn untake(case: &str, _: u32) -> Result<(), No> {
    let attempts = journal::count(case, "-");
    effect(case, "-");
    match attempts {
        0..10 if case.starts_with("stuck") => Err(No),
        _ => Ok(()),
    }
}

#[saga(queue = "mail")]
async fn mails(case: String, seconds: u64) {
    takes(&case, seconds).await;
}

#[saga]
async fn works(case: String, seconds: u64) {
    takes(&case, seconds).await;
}

#[saga(queue = "mail")]
async fn mails_later(case: String) {
    scoop::sleep(Duration::from_secs(1_000)).await;
    takes(&case, 1).await;
}

#[saga(queue = "mail")]
async fn forwards(case: String, depth: u32) -> u32 {
    if depth == 0 {
        takes(&case, 1).await;
        return 1;
    }
    let below = forwards(case.clone(), depth - 1).await;
    takes(&case, 1).await;
    below + 1
}

#[saga(queue = "mail")]
async fn mails_at_once(case: String) -> u32 {
    let (one, (), other) = scoop::join!(
        forwards(case.clone(), 1),
        takes(&case, 1),
        forwards(case.clone(), 0),
    );
    takes(&case, 1).await;
    one + other
}

#[saga(queue = "mail")]
async fn mails_once(case: String) -> u32 {
    took(&case).await
}

/// What loses has a saga below, beside a step that takes longer.
#[saga(queue = "mail")]
async fn mails_and_races(case: String) -> Result<u32, No> {
    let (first, ()) = scoop::join!(
        async {
            scoop::race!(
                async {
                    mails_once(case.clone()).await;
                    scoop::sleep(Duration::from_secs(9_000)).await;
                    Ok(0)
                },
                async {
                    scoop::sleep(Duration::from_secs(5)).await;
                    Ok::<_, No>(1)
                },
            )
        },
        takes(&case, 30),
    );
    first
}

#[saga(queue = "mail")]
async fn mails_and_fails(case: String) -> Result<(), No> {
    mails_once(case.clone()).await;
    took(&case).await;
    Err(No)
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn worker(store: &Arc<dyn Store>, name: &str, most: u32) -> Scoop {
    let connect = connecting(Arc::clone(store)).name(name);
    connect.queue("mail", most).await.unwrap()
}

/// How many had begun and not ended, at most.
fn at_once(case: &str) -> i32 {
    let (mut now, mut most) = (0, 0);
    for line in journal::read(case) {
        now += if line.contains("begins") { 1 } else { -1 };
        most = most.max(now);
    }
    most
}

async fn all<S: Saga<Ok: Send, Error: Send>>(handles: Vec<Handle<S>>) {
    for handle in handles {
        assert!(soon(handle.wait()).await.is_ok());
    }
}

async fn of_a_queue_only_so_many_run_at_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let scoop = worker(&place.open().await, "w", 3).await;
    let mut handles = Vec::new();
    for _ in 0..12 {
        handles.push(scoop.start(mails(case.clone(), 5)).await.unwrap());
    }
    all(handles).await;
    assert_eq!(at_once(&case), 3);
    assert_eq!(journal::count(&case, "begins"), 12);
    // Who waits for one that is driven by nobody looks twice a second.
    assert!((20..=21).contains(&watch.seconds()), "{}", watch.seconds());
}

async fn two_workers_share_the_places_of_a_queue(place: Place) {
    let case = case();
    let store = place.open().await;
    let (one, two) = (worker(&store, "1", 3).await, worker(&store, "2", 3).await);
    let mut runs = JoinSet::new();
    for number in 0..14 {
        let scoop = if number % 2 == 0 { &one } else { &two };
        let handle = scoop.start(mails(case.clone(), 5)).await.unwrap();
        runs.spawn(async move { soon(handle.wait()).await.unwrap() });
    }
    assert_eq!(runs.join_all().await.len(), 14);
    assert_eq!(at_once(&case), 3);
}

/// However many wait before them.
async fn a_full_queue_keeps_no_others_waiting(place: Place) {
    let case = case();
    let store = place.open().await;
    let scoop = connecting(Arc::clone(&store)).max_running(2);
    let scoop = scoop.queue("held", 0).await.unwrap();
    for _ in 0..600 {
        let start = scoop.start(mails("held".to_owned(), 1)).queue("held");
        start.await.unwrap();
    }
    let mut handles = Vec::new();
    for _ in 0..5 {
        handles.push(scoop.start(works(case.clone(), 1)).await.unwrap());
        let other = scoop.start(works(case.clone(), 1)).queue("other");
        handles.push(other.await.unwrap());
    }
    all(handles).await;
    assert_eq!(journal::count(&case, "begins"), 10);
    assert_eq!(journal::count("held", "begins"), 0);
}

async fn what_sleeps_has_no_place_in_its_queue(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let scoop = worker(&place.open().await, "w", 1).await;
    let mut handles = Vec::new();
    for _ in 0..4 {
        handles.push(scoop.start(mails_later(case.clone())).await.unwrap());
    }
    all(handles).await;
    assert_eq!(at_once(&case), 1);
    assert!(watch.seconds() < 1_030, "{}", watch.seconds());
}

/// A run that waits for another one has no place; it waits for one when it goes on.
async fn sagas_of_one_queue_may_await_each_other(place: Place) {
    let case = case();
    let scoop = worker(&place.open().await, "w", 1).await;
    let mut handles = Vec::new();
    for _ in 0..3 {
        handles.push(scoop.start(forwards(case.clone(), 3)).await.unwrap());
    }
    for handle in handles {
        assert_eq!(soon(handle.wait()).await.unwrap(), 4);
    }
    assert_eq!(journal::count(&case, "begins"), 12);
    assert_eq!(at_once(&case), 1);
}

async fn sagas_of_one_queue_may_be_awaited_at_once(place: Place) {
    let case = uuid::Uuid::new_v4().to_string();
    let store = place.open().await;
    let scoop = worker(&store, "w", 1).await;
    let handle = scoop.start(mails_at_once(case.clone())).await.unwrap();
    assert_eq!(soon(handle.wait()).await.unwrap(), 3);
    assert_eq!(journal::count(&case, "begins"), 5);
    kill(scoop, &*store).await;
}

async fn what_lost_a_race_in_a_queue_is_undone_beside_others(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let scoop = worker(&place.open().await, "w", 1).await;
    let handle = scoop.start(mails_and_races(case.clone())).await.unwrap();
    assert_eq!(soon(handle.wait()).await.unwrap(), 1);
    assert!((30..=31).contains(&watch.seconds()), "{}", watch.seconds());
    assert_eq!(journal::count(&case, "begins"), 1);
    assert_eq!(journal::count(&case, "-"), 1);
}

async fn what_is_undone_below_has_a_place_again(place: Place) {
    let case = case();
    let scoop = worker(&place.open().await, "w", 1).await;
    let handle = scoop.start(mails_and_fails(case.clone())).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Error));
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(journal::count(&case, "-"), 2);
}

/// Its build does not know where it stands.
async fn a_parked_run_has_no_place_in_its_queue(place: Place) {
    let case = case();
    let store = place.open().await;
    let fence = store.attach(&WorkerName("old".to_owned())).await.unwrap();
    let parked = [unknown(1), unknown(2)];
    store.commit(&fence, &parked).await.unwrap();
    store.detach(&fence).await.unwrap();
    let scoop = worker(&store, "w", 1).await;
    let handle = scoop.start(mails(case.clone(), 1)).await.unwrap();
    all(vec![handle]).await;
    for run in parked {
        let handle = scoop.handle(mails, run.run);
        let error = soon(handle.wait()).await.unwrap_err();
        assert!(error.to_string().contains("await point `gone`"), "{error}");
    }
    let handle = scoop.start(mails(case.clone(), 1)).await.unwrap();
    all(vec![handle]).await;
}

fn unknown(number: u128) -> Commit {
    let run = RunId::from_uuid(uuid::Uuid::from_u128(number));
    Commit {
        run,
        create: Some(NewRun {
            id: run,
            saga: mails_name(),
            key: None,
            input: Stored::from_json(r#"["x",1]"#),
            wake_at: None,
            owned: false,
            parent: None,
            depth: 0,
            priority: 100,
            queue: Some("mail".to_owned()),
            created_at: Timestamp(1),
        }),
        update: RunUpdate::default(),
        rows: vec![CheckpointRow {
            seq: Seq(1),
            part: Part::main(),
            direction: Direction::Forward,
            kind: RowKind::Await,
            point: "gone".to_owned(),
            operation: None,
            arguments: None,
            frame: None,
            outcome: None,
            created_at: Timestamp(1),
        }],
    }
}

fn mails_name() -> String {
    format!("{}::mails", module_path!())
}

async fn what_a_dead_worker_had_is_taken_up_again(place: Place) {
    let case = case();
    let store = place.open().await;
    let scoop = worker(&store, "w", 1).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(scoop.start(mails(case.clone(), 5)).await.unwrap().id());
    }
    while journal::count(&case, "begins") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    kill(scoop, &*store).await;
    let scoop = connecting(place.open().await).name("w").await.unwrap();
    for id in ids {
        soon(scoop.handle(mails, id).wait()).await.unwrap();
    }
    assert_eq!(journal::count(&case, "begins"), 4);
    assert_eq!(journal::count(&case, "ends"), 3);
}

/// It is claimed, as if it had waited all the time.
async fn an_operator_has_a_run_of_a_queue_go_on(place: Place) {
    let case = format!("stuck {}", case());
    let scoop = worker(&place.open().await, "w", 1).await;
    let handle = scoop.start(mails_and_fails(case.clone())).await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert!(error.is_stuck(), "{error:?}");
    let mut handles = Vec::new();
    handles.push(scoop.start(mails("other".to_owned(), 1)).await.unwrap());
    all(handles).await;
    scoop.admin().retry(handle.id()).await.unwrap();
    while handle.status().await.unwrap() != Status::RolledBack {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_limit_holds_for_those_who_do_not_name_it(place: Place) {
    let case = case();
    let store = place.open().await;
    let first = worker(&store, "w", 2).await;
    kill(first, &*store).await;
    let scoop = connecting(place.open().await).name("w").await.unwrap();
    let mut handles = Vec::new();
    for _ in 0..6 {
        handles.push(scoop.start(mails(case.clone(), 5)).await.unwrap());
    }
    all(handles).await;
    assert_eq!(at_once(&case), 2);
}

async fn a_queue_has_a_name(place: Place) {
    let store = place.open().await;
    let named = connecting(Arc::clone(&store)).queue("", 1);
    let error = named.await.unwrap_err().to_string();
    assert!(error.contains("the name of the queue is empty"), "{error}");
    let scoop = worker(&store, "w", 1).await;
    let start = scoop.start(works("x".to_owned(), 1)).queue("a\0b");
    let error = start.await.unwrap_err().to_string();
    assert!(error.contains("NUL"), "{error}");
}
