//! What goes wrong around a saga: crashes between two commits, a store that is away, lost answers,
//! bad rows, a worker that was declared dead.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use scoop::testing::{CrashStore, FaultStore, MemoryStore, Store};
use scoop::{Outcome, Resource, RunStatus, Scoop, Status, saga, step};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

/// What was done in the world outside, in order.
#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<Vec<String>>>);

impl World {
    fn did(&self, what: &str) -> usize {
        let mut log = self.0.lock().unwrap();
        log.push(what.to_owned());
        log.iter().filter(|known| *known == what).count()
    }

    fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is full")]
struct Full(String);

#[step(rollback = cancel)]
async fn book(what: &str, world: Resource<World>) -> Result<String, Full> {
    let key = scoop::context().unwrap().idempotency_key();
    world.did(&format!("+{what} {}", key.rsplit(':').next().unwrap()));
    match what {
        "full" => Err(Full(what.to_owned())),
        _ => Ok(format!("ticket {what}")),
    }
}

async fn cancel(what: &str, ticket: String, world: Resource<World>) -> Result<(), Full> {
    assert_eq!(ticket, format!("ticket {what}"));
    world.did(&format!("-{what}"));
    Ok(())
}

#[step(pivot)]
async fn pay(world: Resource<World>) -> Result<(), Full> {
    world.did("pay");
    Ok(())
}

#[step(pivot, timeout = "50ms")]
async fn pay_slowly(world: Resource<World>) -> Result<usize, Full> {
    let times = world.did("pay slowly");
    if times < 3 {
        std::future::pending::<()>().await;
    }
    Ok(times)
}

#[step(rollback = cancel_taxi)]
async fn taxi(world: Resource<World>) -> Result<u32, Full> {
    match world.did("+taxi") {
        1 => panic!("no answer"),
        times => Ok(u32::try_from(times).unwrap()),
    }
}

async fn cancel_taxi(number: u32, world: Resource<World>) -> Result<(), Full> {
    world.did(&format!("-taxi {number}"));
    Ok(())
}

#[step(read_only)]
async fn ask_a_saga() -> Result<String, Full> {
    let result = trip(vec![]).await;
    Ok(result.unwrap_err().to_string())
}

#[step(rollback = forget)]
async fn remember(world: Resource<World>) -> Result<(), Full> {
    world.did("remember");
    Ok(())
}

async fn forget(_: Outcome<()>, world: Resource<World>) -> Result<(), Full> {
    world.did("forget");
    Ok(())
}

#[saga]
async fn trip(places: Vec<String>) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    for place in &places {
        tickets.push(book(place).await?);
    }
    Ok(tickets)
}

#[saga]
async fn past_pivot() -> Result<(), Full> {
    book("a").await?;
    pay().await?;
    book("full").await?;
    Ok(())
}

#[saga]
async fn patient() -> Result<usize, Full> {
    pay_slowly().await
}

#[saga]
async fn by_taxi() -> Result<u32, Full> {
    book("a").await?;
    taxi().await
}

#[saga]
async fn nested() -> Result<String, Full> {
    ask_a_saga().await
}

#[saga]
async fn second_choice() -> Result<(), Full> {
    if let Err(full) = book("full").await {
        assert_eq!(full.0, "full");
    }
    remember().await?;
    book("full").await?;
    Ok(())
}

#[saga]
async fn naps() -> u32 {
    scoop::sleep(Duration::from_secs(3_600)).await;
    7
}

async fn connect(store: Arc<dyn Store>, world: &World) -> Scoop {
    Scoop::connect("memory:")
        .store(store)
        .provide(world.clone())
        .await
        .unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn nothing_is_undone_past_the_pivot_whatever_commit_a_crash_follows() {
    for crash_at in 1..=5 {
        let (world, inner) = (World::default(), MemoryStore::new());
        let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(crash_at)));
        let first = connect(crashing.clone(), &world).await;
        let start = first.start(past_pivot()).id("one");
        tokio::select! {
            biased;
            () = crashing.crashed() => {}
            handle = start => tokio::select! {
                biased;
                () = crashing.crashed() => {}
                _ = async { handle.unwrap().wait().await } => {}
            }
        }
        drop(first);
        let second = connect(Arc::new(inner), &world).await;
        let handle = second.start(past_pivot()).id("one").await.unwrap();
        handle.wait().await.unwrap_err();
        let status = handle.status().await.unwrap();
        assert_eq!(status, Status::Stuck, "crash at commit {crash_at}");
        assert!(!world.log().contains(&"-a".to_owned()), "{:?}", world.log());
    }
}

#[tokio::test]
async fn what_a_crash_cut_short_runs_once_more_under_the_same_key() {
    for batches in 1..=3 {
        let (world, inner) = (World::default(), MemoryStore::new());
        let faults = FaultStore::new(Arc::new(inner.clone()));
        faults.stop_after(batches);
        let first = connect(faults.clone(), &world).await;
        let start = first.start(trip(names(&["a", "b", "c"]))).id("one");
        let _handle = start.await.unwrap();
        faults.stopped().await;
        drop(first);
        let second = connect(Arc::new(inner), &world).await;
        let start = second.start(trip(names(&["a", "b", "c"]))).id("one");
        start.await.unwrap().wait().await.unwrap();
        let mut wanted = names(&["+a 1", "+b 2", "+c 3"]);
        let again = wanted[batches as usize - 1].clone();
        wanted.insert(batches as usize - 1, again);
        assert_eq!(world.log(), wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_waits_while_the_store_is_away() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults.clone(), &world).await;
    faults.away_for_commits(20);
    let handle = scoop.start(trip(names(&["a", "full"]))).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())));
    assert_eq!(world.log(), ["+a 1", "+full 2", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_waits_while_the_store_cannot_be_read() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults.clone(), &world).await;
    faults.away_for_reads(8);
    let handle = scoop.start(trip(names(&["a", "full"]))).await.unwrap();
    let error = timeout(LONG, handle.wait()).await.unwrap().unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())), "{error:?}");
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_starts_waits_while_the_store_cannot_be_read() {
    let (world, inner) = (World::default(), MemoryStore::new());
    let client = Scoop::connect("memory:")
        .store(Arc::new(inner.clone()))
        .provide(world.clone())
        .worker(false)
        .name("client")
        .await
        .unwrap();
    let start = client.start(trip(names(&["a"]))).id("one");
    start.await.unwrap();
    let faults = FaultStore::new(Arc::new(inner));
    faults.away_for_reads(8);
    let scoop = connect(faults, &world).await;
    let start = scoop.start(trip(names(&["a"]))).id("one");
    let handle = start.await.unwrap();
    let result = timeout(LONG, handle.wait()).await.unwrap();
    assert_eq!(result.unwrap(), ["ticket a"]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_answer_is_lost_is_no_failure() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults.clone(), &world).await;
    faults.lose_answers(100);
    let start = scoop.start(trip(names(&["a", "b", "full"]))).id("one");
    let handle = start.await.unwrap();
    let error = timeout(LONG * 10, handle.wait()).await.unwrap();
    assert_eq!(error.unwrap_err().error(), Some(&Full("full".into())));
    assert_eq!(world.log(), ["+a 1", "+b 2", "+full 3", "-b", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_on_a_dead_worker_is_told() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(naps()).await.unwrap();
    faults.fence(true);
    let error = timeout(LONG * 10, handle.wait())
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.is_infrastructure(), "{error:?}");
    assert!(scoop.start(naps()).await.is_err());
}

#[tokio::test]
async fn one_bad_row_fails_one_run() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults.clone(), &world).await;
    faults.refuse("run 7");
    let mut starts = tokio::task::JoinSet::new();
    for number in 0..20 {
        let start = scoop.start(trip(names(&["a"]))).id(format!("run {number}"));
        starts.spawn(async move { (number, start.await) });
    }
    let mut bad = Vec::new();
    while let Some(started) = starts.join_next().await {
        match started.unwrap() {
            (_, Ok(handle)) => assert_eq!(handle.wait().await.unwrap(), ["ticket a"]),
            (number, Err(error)) => {
                assert!(error.to_string().contains("bad row"), "{error}");
                bad.push(number);
            }
        }
    }
    assert_eq!(bad, [7]);
}

#[tokio::test]
async fn starts_of_one_id_at_once_are_one_run() {
    let (world, faults) = (
        World::default(),
        FaultStore::new(Arc::new(MemoryStore::new())),
    );
    let scoop = connect(faults, &world).await;
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        starts.spawn(scoop.start(trip(names(&["a"]))).id("same").into_future());
    }
    let mut ids = Vec::new();
    while let Some(started) = starts.join_next().await {
        let handle = started.unwrap().unwrap();
        handle.wait().await.unwrap();
        ids.push(handle.id());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.log(), ["+a 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_runs_out_of_time_is_attempted_again() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let handle = scoop.start(patient()).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_step_in_doubt_is_run_again_before_it_is_undone_with_its_value() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let handle = scoop.start(by_taxi()).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert_eq!(world.log(), ["+a 1", "+taxi", "+taxi", "-taxi 2", "-a"]);
}

#[tokio::test]
async fn a_saga_awaited_inside_a_step_is_refused() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let said = scoop.start(nested()).await.unwrap().wait().await.unwrap();
    assert!(said.contains("inside the step"), "{said}");
}

#[tokio::test]
async fn failures_before_a_crash_are_listed_after_it() {
    let (world, inner) = (World::default(), MemoryStore::new());
    let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(2)));
    let first = connect(crashing.clone(), &world).await;
    let _handle = first.start(second_choice()).id("one").await.unwrap();
    crashing.crashed().await;
    drop(first);
    let second = connect(Arc::new(inner), &world).await;
    let handle = second.start(second_choice()).id("one").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let earlier = error.preceded_by();
    assert_eq!(earlier.len(), 1, "{error:?}");
    assert_eq!(earlier[0].error.message, "full is full");
    assert!(earlier[0].hop.point.as_deref().unwrap().contains("book"));
}

#[tokio::test]
async fn a_shutdown_gives_everything_back() {
    let world = World::default();
    let faults = FaultStore::new(Arc::new(MemoryStore::new()));
    let scoop = connect(faults.clone(), &world).await;
    let handle = scoop.start(naps()).await.unwrap();
    scoop.shutdown().await;
    assert!(handle.wait().await.unwrap_err().is_infrastructure());
    assert!(scoop.start(naps()).await.is_err());
    drop((scoop, handle));
    tokio::task::yield_now().await;
    while Arc::strong_count(&faults) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_sleep_goes_on_after_a_crash_from_where_it_was() {
    let (world, inner) = (World::default(), MemoryStore::new());
    let first = connect(Arc::new(inner.clone()), &world).await;
    let id = first.start(naps()).await.unwrap().id();
    let due = inner.run(id).await.unwrap().unwrap().wake_at;
    drop(first);
    let second = connect(Arc::new(inner.clone()), &world).await;
    tokio::task::yield_now().await;
    let row = inner.run(id).await.unwrap().unwrap();
    assert!(due.is_some() && row.wake_at == due);
    assert_eq!(row.status, RunStatus::Running);
    drop(second);
}
