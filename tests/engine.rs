//! The engine on the memory store: what runs, what is undone, what survives a crash at any commit.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use scoop::testing::{CrashStore, MemoryStore, Store};
use scoop::{Outcome, Resource, SagaError, Scoop, Status, saga, step};
use serde::{Deserialize, Serialize};

/// The world outside: what was done in it, by idempotency key.
#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<HashMap<String, Vec<String>>>>);

impl World {
    fn effect(&self, test: &str, what: &str) -> u32 {
        let mut tests = self.0.lock().unwrap();
        let log = tests.entry(test.to_owned()).or_default();
        log.push(what.to_owned());
        u32::try_from(log.iter().filter(|known| *known == what).count()).unwrap()
    }

    fn log(&self, test: &str) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .get(test)
            .cloned()
            .unwrap_or_default()
    }
}

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is full")]
struct Full(String);

#[step(rollback = cancel)]
async fn book(test: &str, what: &str, world: Resource<World>) -> Result<String, Full> {
    world.effect(test, &format!("+{what}"));
    if what == "full" {
        Err(Full(what.to_owned()))
    } else {
        Ok(format!("{what}-ticket"))
    }
}

async fn cancel(
    test: &str,
    what: &str,
    ticket: String,
    world: Resource<World>,
) -> Result<(), Full> {
    assert_eq!(ticket, format!("{what}-ticket"));
    let times = world.effect(test, &format!("-{what}"));
    if what == "sticky" && times <= 12 {
        Err(Full("the desk".to_owned()))
    } else {
        Ok(())
    }
}

#[step(rollback = maybe_cancel)]
async fn explode(test: &str, world: Resource<World>) -> Result<u32, Full> {
    world.effect(test, "+explode");
    panic!("boom")
}

async fn maybe_cancel(test: &str, done: Outcome<u32>, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, &format!("-explode {done:?}"));
    Ok(())
}

#[step(retriable, retry(forever, backoff = "1ms..2ms"))]
async fn flaky(test: &str, world: Resource<World>) -> Result<u32, Full> {
    let times = world.effect(test, "flaky");
    if times < 4 {
        Err(Full("line".to_owned()))
    } else {
        Ok(times)
    }
}

#[step(pivot)]
async fn pay(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "pay");
    Ok(())
}

#[saga]
async fn trip(test: String, places: Vec<String>) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    for place in &places {
        tickets.push(book(&test, place).await?);
    }
    flaky(&test).await?;
    Ok(tickets)
}

#[saga]
async fn doubtful(test: String) -> Result<u32, Full> {
    book(&test, "a").await?;
    let number = explode(&test).await?;
    Ok(number)
}

#[saga]
async fn past_pivot(test: String) -> Result<(), Full> {
    book(&test, "a").await?;
    pay(&test).await?;
    book(&test, "full").await?;
    Ok(())
}

#[saga]
async fn careful(test: String) -> Result<String, Full> {
    match book(&test, "full").await {
        Ok(ticket) => return Ok(ticket),
        Err(full) => assert_eq!(full, Full("full".to_owned())),
    }
    let caught = match scoop::caught(explode(&test)).await {
        Ok(_) => "exploded".to_owned(),
        Err(error) => format!("{error}"),
    };
    Ok(caught)
}

#[saga]
async fn panics(test: String) -> Result<(), Full> {
    if test.len() > 1_000 {
        book(&test, "a").await?;
    }
    panic!("before the first await")
}

#[saga]
async fn sleeps() -> u32 {
    let before = 20;
    scoop::sleep(std::time::Duration::from_millis(before)).await;
    42
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

#[tokio::test]
async fn a_saga_runs_with_one_commit_more_than_it_has_awaits() {
    let (world, store) = (
        World::default(),
        Arc::new(CrashStore::new(Arc::new(MemoryStore::new()), None)),
    );
    let scoop = connect(store.clone(), &world).await;
    let handle = scoop
        .start(trip("t".into(), names(&["a", "b"])))
        .await
        .unwrap();
    assert_eq!(
        handle.wait().await.unwrap(),
        names(&["a-ticket", "b-ticket"])
    );
    assert_eq!(
        world.log("t"),
        ["+a", "+b", "flaky", "flaky", "flaky", "flaky"]
    );
    // Three awaits, the end, and one for each of three failed attempts.
    assert_eq!(store.commits(), 3 + 1 + 3);
}

#[tokio::test]
async fn a_failed_saga_is_undone_newest_first() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let handle = scoop
        .start(trip("t".into(), names(&["a", "b", "full"])))
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Full("full".into())));
    assert_eq!(error.find::<Full>(), Some(Full("full".into())));
    assert_eq!(world.log("t"), ["+a", "+b", "+full", "-b", "-a"]);
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(error.compensations().len(), 2);
}

/// Runs a saga once with a crash after every commit in turn, each time restarted on the same store,
/// and compares its end and its effects with those of a life without a crash.
async fn crash_everywhere(places: &[&str]) {
    let calm = World::default();
    let store = Arc::new(CrashStore::new(Arc::new(MemoryStore::new()), None));
    let scoop = connect(store.clone(), &calm).await;
    let wanted = scoop
        .start(trip("t".into(), names(places)))
        .await
        .unwrap()
        .wait()
        .await;
    let wanted = wanted.map_err(|error| format!("{error}"));
    for crash_at in 1..=store.commits() {
        let (world, inner) = (World::default(), MemoryStore::new());
        let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(crash_at)));
        let first = connect(crashing.clone(), &world).await;
        let start = first.start(trip("t".into(), names(places))).id("one");
        tokio::select! {
            biased;
            () = crashing.crashed() => {}
            started = start => {
                let handle = started.unwrap();
                tokio::select! {
                    biased;
                    () = crashing.crashed() => {}
                    _ = handle.wait() => panic!("it ended before commit {crash_at}"),
                }
            }
        }
        drop(first);
        let second = connect(Arc::new(inner), &world).await;
        let handle = second
            .start(trip("t".into(), names(places)))
            .id("one")
            .await
            .unwrap();
        let got = handle.wait().await.map_err(|error| format!("{error}"));
        assert_eq!(got, wanted, "crash at commit {crash_at}");
        assert_eq!(world.log("t"), calm.log("t"), "crash at commit {crash_at}");
    }
}

#[tokio::test]
async fn a_crash_after_any_commit_changes_nothing() {
    crash_everywhere(&["a", "b", "c"]).await;
}

#[tokio::test]
async fn a_crash_after_any_commit_of_a_rollback_changes_nothing() {
    crash_everywhere(&["a", "b", "full"]).await;
}

#[tokio::test]
async fn what_is_in_doubt_is_undone_as_such() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let error = scoop
        .start(doubtful("t".into()))
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert_eq!(world.log("t"), ["+a", "+explode", "-explode Unknown", "-a"]);
}

#[tokio::test]
async fn a_failure_past_the_pivot_is_stuck() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let handle = scoop.start(past_pivot("t".into())).await.unwrap();
    handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    assert_eq!(world.log("t"), ["+a", "pay", "+full"]);
}

#[tokio::test]
async fn a_caught_failure_undoes_nothing() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let said = scoop
        .start(careful("t".into()))
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert!(said.contains("careful"), "{said}");
    assert_eq!(world.log("t"), ["+full", "+explode"]);
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_stored() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let handle = scoop.start(panics("t".into())).id("p").await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::Panic));
    assert!(format!("{error:?}").contains("before the first await"));
}

#[tokio::test(start_paused = true)]
async fn a_stuck_run_goes_on_when_an_operator_says_so() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    for (test, verb) in [("retry", 0), ("skip", 1), ("resolve", 2)] {
        let places = names(&["a", "sticky", "full"]);
        let handle = scoop.start(trip(test.into(), places)).await.unwrap();
        let error = handle.wait().await.unwrap_err();
        assert!(error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::Stuck);
        let admin = scoop.admin();
        match verb {
            0 => admin.retry(handle.id()).await.unwrap(),
            1 => admin.skip(handle.id(), "nobody was there").await.unwrap(),
            _ => admin.resolve(handle.id(), "called them").await.unwrap(),
        }
        let error = handle.wait().await.unwrap_err();
        assert!(!error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
        assert_eq!(world.log(test).last().unwrap(), "-a");
        assert!(
            admin
                .retry(handle.id())
                .await
                .unwrap_err()
                .to_string()
                .contains("not stuck")
        );
    }
}

#[tokio::test]
async fn one_id_is_one_run() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let start = |places: &[&str]| scoop.start(trip("t".into(), names(places))).id("same");
    let (one, two) = (start(&["a"]).await.unwrap(), start(&["a"]).await.unwrap());
    assert_eq!(one.id(), two.id());
    let error = start(&["b"]).await.unwrap_err();
    assert!(error.to_string().contains("another input"), "{error}");
    for id in ["", "a\0b", &"x".repeat(1_025)] {
        assert!(scoop.start(sleeps()).id(id).await.is_err(), "{id:?}");
    }
    let many = (0..20).map(|_| start(&["a"]).into_future());
    let mut ids = Vec::new();
    for started in many {
        ids.push(started.await.unwrap().id());
    }
    assert!(ids.iter().all(|id| *id == one.id()));
}

#[tokio::test]
async fn a_sleep_and_a_later_start_end() {
    let world = World::default();
    let scoop = connect(Arc::new(MemoryStore::new()), &world).await;
    let start = scoop
        .start(sleeps())
        .after(std::time::Duration::from_millis(30));
    assert_eq!(start.await.unwrap().wait().await.unwrap(), 42);
    scoop
        .scope(async {
            assert_eq!(sleeps().await.unwrap(), 42);
        })
        .await;
}

#[tokio::test]
async fn without_a_runtime_the_error_says_what_to_do() {
    let error = sleeps().await.unwrap_err();
    assert!(
        error.is_infrastructure() && error.to_string().contains("install"),
        "{error}"
    );
}

#[test]
fn everything_works_without_async_code() {
    let scoop = Scoop::connect("memory:")
        .provide(World::default())
        .blocking()
        .unwrap();
    assert_eq!(
        scoop
            .start(sleeps())
            .blocking()
            .unwrap()
            .wait_blocking()
            .unwrap(),
        42
    );
}

#[tokio::test]
async fn a_missing_resource_is_named_at_start_up() {
    let error = Scoop::connect("memory:").await.unwrap_err().to_string();
    assert!(error.contains("World") && error.contains("book"), "{error}");
}

#[tokio::test]
async fn too_large_a_local_is_named() {
    let world = World::default();
    let scoop = Scoop::connect("memory:")
        .provide(world.clone())
        .payload_limit(2_000)
        .await
        .unwrap();
    let big = names(&["a", &"x".repeat(1_500)]);
    let error: SagaError<Full> = scoop
        .start(trip("t".into(), big))
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Some(scoop::FailureKind::TooLarge));
    assert!(
        format!("{error:?}").contains("`places`") || format!("{error:?}").contains("arguments"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("text.db"), "this is no database at all, but some text").unwrap();
    for (url, says) in [
        (format!("sqlite:{}", file("text.db").display()), "text.db"),
        (
            format!("sqlite:{}", directory.path().display()),
            "directory",
        ),
        (
            format!("sqlite:{}", file("missing/trips.db").display()),
            "missing",
        ),
        ("sqlite::memory:".to_owned(), "memory:"),
        ("postgres://localhost".to_owned(), "not available"),
        ("mysql://localhost".to_owned(), "is not a store"),
        ("trips.db".to_owned(), "not the URL of a store"),
    ] {
        let error = Scoop::connect(&url)
            .provide(World::default())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{url}: {error}");
    }
    let url = format!("sqlite:{}", file("trips.db").display());
    let first = Scoop::connect(&url)
        .provide(World::default())
        .await
        .unwrap();
    let error = Scoop::connect(&url)
        .provide(World::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("in use"), "{error}");
    first.shutdown().await;
    Scoop::connect(&url)
        .provide(World::default())
        .await
        .unwrap();
}
