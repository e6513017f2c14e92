//! How runs are started, and what is refused.

use scoop::{SagaError, Scoop};

use crate::connect;
use crate::sagas::{Full, World, names, sleeps, trip};
use crate::support::{Place, connecting, on_every_store};

on_every_store!(
    one_id_is_one_run,
    too_large_a_local_is_named,
    after_a_shutdown_nothing_is_started
);

async fn one_id_is_one_run(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
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

async fn too_large_a_local_is_named(place: Place) {
    let world = World::default();
    let scoop = connecting(place.open().await)
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

async fn after_a_shutdown_nothing_is_started(place: Place) {
    let scoop = connect(place.open().await, &World::default()).await;
    scoop.shutdown().await;
    let says = "the runtime is shut down; it starts nothing any more";
    let error = scoop.scope(async { sleeps().await }).await.unwrap_err();
    assert_eq!(error.to_string(), says);
    let error = scoop.start(sleeps()).id("one").await.unwrap_err();
    assert_eq!(error.to_string(), says);
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
        ("postgres://127.0.0.1:1/trips".to_owned(), "PostgreSQL"),
        ("mysql://localhost".to_owned(), "is not a store"),
        ("trips.db".to_owned(), "not the URL of a store"),
    ] {
        let error = Scoop::connect(&url)
            .provide(World::default())
            .patience(std::time::Duration::ZERO)
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
