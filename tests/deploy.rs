//! What may change between two builds, row by row as `docs/guide/deploying.md` has it. A build is a
//! saga here; the stored run is given the name of the next one.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use scoop::__private::runtime::operation::{Saga, SagaCall};
use scoop::admin::CheckpointRow;
use scoop::{Scoop, saga, step};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("sold out")]
struct SoldOut;

#[path = "deploy/blocks.rs"]
mod blocks;

/// A type that is stored, as one build has it, and as later ones do.
#[derive(Serialize, Deserialize)]
struct Guest {
    name: String,
    #[serde(skip)]
    unsaid: u32,
}

#[derive(Serialize, Deserialize)]
struct GuestWithDefault {
    name: String,
    #[serde(default)]
    age: u32,
}

#[derive(Serialize, Deserialize)]
struct GuestWithMore {
    name: String,
    age: u32,
}

/// Whether the second step is under way when the process ends.
static ENDS: AtomicBool = AtomicBool::new(false);

#[step(name = "book", rollback = cancel)]
async fn book(city: &str) -> Result<String, SoldOut> {
    Ok(format!("<{city}>"))
}

async fn cancel(_: &str, _: String) -> Result<(), SoldOut> {
    Ok(())
}

#[step(name = "hold", read_only)]
async fn hold(flight: &str) -> Result<String, SoldOut> {
    if ENDS.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(format!("room for {flight}"))
}

#[step(name = "look", read_only)]
async fn look(flight: &str) -> Result<String, SoldOut> {
    Ok(format!("looked at {flight}"))
}

#[saga(name = "first")]
async fn first(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    let guest = Guest {
        name: city,
        unsaid: 7,
    };
    let room = hold(&flight).await?;
    Ok(format!("{flight} {room} {} {}", guest.name, guest.unsaid))
}

#[saga(name = "await_after")]
async fn await_after(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    let room = hold(&flight).await?;
    let more = hold(&room).await?;
    Ok(format!("{flight} {more}"))
}

#[saga(name = "await_before")]
async fn await_before(city: String) -> Result<String, SoldOut> {
    let _first = look(&city).await?;
    let flight = look(&city).await?;
    let room = hold(&flight).await?;
    Ok(format!("{flight} {room}"))
}

#[saga(name = "around")]
async fn around(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    if !flight.is_empty() {
        let room = hold(&flight).await?;
        return Ok(format!("{room} {flight}"));
    }
    Ok(flight)
}

#[saga(name = "less")]
async fn less(city: String) -> Result<String, SoldOut> {
    let _flight = book(&city).await?;
    let room = hold("it").await?;
    Ok(room)
}

#[saga(name = "default_field")]
async fn default_field(city: String) -> Result<String, SoldOut> {
    let guest = GuestWithDefault { name: city, age: 7 };
    let room = hold("it").await?;
    Ok(format!("{room} {} {}", guest.name, guest.age))
}

#[saga(name = "label")]
async fn label(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    #[at("hold:room")]
    let suite = hold(&flight).await?;
    Ok(suite)
}

#[saga(name = "gone")]
async fn gone(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    Ok(flight)
}

#[saga(name = "renamed_let")]
async fn renamed_let(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    let suite = hold(&flight).await?;
    Ok(suite)
}

#[saga(name = "second_of_the_name")]
async fn second_of_the_name(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    let room = hold(&flight).await?;
    let room = hold(&room).await?;
    Ok(room)
}

#[saga(name = "other_step")]
async fn other_step(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    #[at("hold:room")]
    let room = look(&flight).await?;
    Ok(room)
}

#[saga(name = "renamed_local")]
async fn renamed_local(city: String) -> Result<String, SoldOut> {
    let plane = book(&city).await?;
    let room = hold(&plane).await?;
    Ok(format!("{plane} {room}"))
}

#[saga(name = "uses_its_input")]
async fn uses_its_input(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?;
    let room = hold(&flight).await?;
    Ok(format!("{city} {room}"))
}

#[saga(name = "other_type")]
async fn other_type(city: String) -> Result<String, SoldOut> {
    let flight = book(&city).await?.len();
    let room = hold("it").await?;
    Ok(format!("{flight} {room}"))
}

#[saga(name = "more_fields")]
async fn more_fields(city: String) -> Result<String, SoldOut> {
    let guest = GuestWithMore { name: city, age: 7 };
    let room = hold("it").await?;
    Ok(format!("{room} {} {}", guest.name, guest.age))
}

#[saga(name = "more_input")]
async fn more_input(city: String, nights: Option<u32>) -> Result<String, SoldOut> {
    let room = hold(&city).await?;
    Ok(format!("{room} {nights:?}"))
}

#[saga(inline)]
async fn trip(city: &str) -> Result<String, SoldOut> {
    let flight = book(city).await?;
    let room = hold(&flight).await?;
    Ok(format!("{flight} {room}"))
}

/// A saga that awaits the second step in a function of its own.
#[saga(name = "inside")]
async fn inside(city: String) -> Result<String, SoldOut> {
    let got = trip(&city).await?;
    Ok(format!("{city} {got}"))
}

#[saga(name = "inside_around")]
async fn inside_around(city: String) -> Result<String, SoldOut> {
    let seen = look(&city).await?;
    if !seen.is_empty() {
        let got = trip(&city).await?;
        return Ok(format!("{city} {got} around"));
    }
    Err(SoldOut)
}

#[saga(inline)]
async fn flight_only(city: &str) -> Result<String, SoldOut> {
    book(city).await
}

#[saga(name = "inside_gone")]
async fn inside_gone(city: String) -> Result<String, SoldOut> {
    #[at("trip:got")]
    let got = flight_only(&city).await?;
    Ok(got)
}

#[saga(name = "inside_no_more")]
async fn inside_no_more(city: String) -> Result<String, SoldOut> {
    #[at("trip:got")]
    let got = hold(&city).await?;
    Ok(got)
}

#[saga(inline)]
async fn looks(city: &str) -> Result<String, SoldOut> {
    #[at("hold:room")]
    let room = look(city).await?;
    Ok(room)
}

#[saga(name = "inside_other_step")]
async fn inside_other_step(city: String) -> Result<String, SoldOut> {
    #[at("trip:got")]
    let got = looks(&city).await?;
    Ok(got)
}

#[saga(inline)]
async fn with_a_guest(city: &str, guest: &str) -> Result<String, SoldOut> {
    let room = hold(city).await?;
    Ok(format!("{room} {guest}"))
}

#[saga(name = "inside_more_input")]
async fn inside_more_input(city: String) -> Result<String, SoldOut> {
    #[at("trip:got")]
    let got = with_a_guest(&city, "me").await?;
    Ok(got)
}

#[saga(inline)]
async fn by_plane(city: &str) -> Result<String, SoldOut> {
    let plane = book(city).await?;
    let room = hold(&plane).await?;
    Ok(format!("{plane} {room}"))
}

#[saga(name = "inside_renamed_local")]
async fn inside_renamed_local(city: String) -> Result<String, SoldOut> {
    #[at("trip:got")]
    let got = by_plane(&city).await?;
    Ok(got)
}

#[saga(name = "now_inside")]
async fn now_inside(city: String) -> Result<String, SoldOut> {
    #[at("hold:room")]
    let room = trip(&city).await?;
    Ok(room)
}

/// What becomes of a run that the first build left in its second step.
async fn deployed(next: &str) -> String {
    from(first, next).await
}

async fn from<S>(first: fn(String) -> SagaCall<S>, next: &str) -> String
where
    S: Saga<Ok = String, Error = SoldOut>,
{
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("runs.db");
    let url = format!("sqlite:{}", file.display());
    ENDS.store(true, Ordering::SeqCst);
    let scoop = Scoop::connect(&url).await.unwrap();
    let run = scoop.start(first("rome".to_owned())).await.unwrap();
    let held = |row: &CheckpointRow| row.operation.as_deref() == Some("hold");
    while !scoop
        .admin()
        .show(run.id())
        .await
        .unwrap()
        .1
        .iter()
        .any(held)
    {
        tokio::task::yield_now().await;
    }
    scoop.shutdown_within(std::time::Duration::ZERO).await;
    ENDS.store(false, Ordering::SeqCst);

    let options = SqliteConnectOptions::new().filename(file);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    let rename = sqlx::query("update scoop_run set saga = $1").bind(next);
    rename.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let scoop = Scoop::connect(&url).await.unwrap();
    let ended = scoop.handle(first, run.id()).wait().await;
    scoop.shutdown().await;
    ended.unwrap_or_else(|error| error.to_string())
}

/// One test: all runs have one switch.
#[tokio::test]
async fn a_run_goes_on_in_a_build_that_has_what_it_needs_and_any_other_parks_it() {
    for (next, wanted) in [
        ("first", "<rome> room for <rome> rome 0"),
        ("await_after", "<rome> room for room for <rome>"),
        ("await_before", "<rome> room for <rome>"),
        ("around", "room for <rome> <rome>"),
        ("less", "room for <rome>"),
        ("label", "room for <rome>"),
        ("default_field", "room for <rome> rome 0"),
    ] {
        assert_eq!(deployed(next).await, wanted, "{next}");
    }
    for (next, wanted) in [
        ("gone", "it stands at await point `hold:room`"),
        ("renamed_let", "it stands at await point `hold:room`"),
        ("second_of_the_name", "it stands at await point `hold:room`"),
        (
            "other_step",
            "it waits for `hold`, and this build for `look`",
        ),
        ("renamed_local", "the local `plane` was not saved"),
        ("uses_its_input", "the local `city` was not saved"),
        ("other_type", "the saved local `flight` is no `usize`"),
        ("more_fields", "the saved local `guest` is no"),
        ("more_input", "the saga's input cannot be decoded"),
        ("removed", "this program has no saga `removed`"),
        (
            "now_inside",
            "at `hold:room` it waits for an operation, and this build is in the function",
        ),
    ] {
        let said = deployed(next).await;
        let parked = said.contains("is parked: ") && said.contains(wanted);
        assert!(parked, "{next}: {said}");
    }
    for (next, wanted) in [
        ("inside", "rome <rome> room for <rome>"),
        ("inside_around", "rome <rome> room for <rome> around"),
    ] {
        assert_eq!(from(inside, next).await, wanted, "{next}");
    }
    for (next, wanted) in [
        (
            "inside_gone",
            "it stands at await point `trip:got/hold:room`",
        ),
        (
            "inside_no_more",
            "it stands at await point `trip:got/hold:room`",
        ),
        ("gone", "it stands at await point `trip:got/hold:room`"),
        (
            "inside_other_step",
            "at `trip:got/hold:room` it waits for `hold`, and this build for `look`",
        ),
        (
            "inside_more_input",
            "the arguments of the function `deploy::with_a_guest` cannot be decoded",
        ),
        ("inside_renamed_local", "the local `plane` was not saved"),
    ] {
        let said = from(inside, next).await;
        let parked = said.contains("is parked: ") && said.contains(wanted);
        assert!(parked, "{next}: {said}");
    }
    blocks::go_on_or_are_parked().await;
}
