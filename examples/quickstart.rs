//! A trip is booked on a SQLite file, and the process dies in the middle. Run it twice:
//! `cargo run --example quickstart`

use std::sync::atomic::{AtomicBool, Ordering};

use scoop::{Scoop, saga, step};
use serde::{Deserialize, Serialize};

const STORE: &str = "sqlite:target/quickstart.db";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    city: String,
    nights: u32,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{0} is sold out")]
struct SoldOut(String);

/// Whether the third step dies: only in the first run.
static DIES: AtomicBool = AtomicBool::new(false);

#[step(rollback = cancel)]
async fn book_flight(trip: &Trip) -> Result<String, SoldOut> {
    println!("  booking a flight to {}", trip.city);
    Ok("flight FL-7".to_owned())
}

#[step(rollback = cancel)]
async fn book_hotel(trip: &Trip) -> Result<String, SoldOut> {
    println!("  booking a hotel for {} nights", trip.nights);
    Ok("hotel Tejo".to_owned())
}

#[step(rollback = cancel)]
async fn rent_car(trip: &Trip) -> Result<String, SoldOut> {
    let key = scoop::context()
        .expect("it runs in a saga")
        .idempotency_key();
    println!("  renting a car in {}, key {key}", trip.city);
    if DIES.load(Ordering::Relaxed) {
        println!("the process is killed here (SIGKILL); run it again:");
        println!("  cargo run --example quickstart");
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .expect("a process may kill itself");
    }
    Ok("a small car".to_owned())
}

async fn cancel(_: &Trip, booked: String) -> Result<(), SoldOut> {
    println!("  cancelling {booked}");
    Ok(())
}

#[saga]
async fn book_trip(trip: Trip) -> Result<Vec<String>, SoldOut> {
    let flight = book_flight(&trip).await?;
    let hotel = book_hotel(&trip).await?;
    let car = rent_car(&trip).await?;
    Ok(vec![flight, hotel, car])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("target")?;
    let before = completed_before().await?;
    DIES.store(before.is_empty(), Ordering::Relaxed);
    if before.is_empty() {
        println!("booking a trip, stored in {STORE}");
    } else {
        println!("going on; not repeated: {}", before.join(", "));
    }
    let scoop = Scoop::connect(STORE).await?;
    let trip = Trip {
        city: "Lisbon".to_owned(),
        nights: 3,
    };
    let handle = scoop.start(book_trip(trip)).id("my trip").await?;
    println!("booked: {}", handle.wait().await?.join(", "));
    println!("timeline: {}", timeline(&scoop, handle.id()).await?);
    scoop.shutdown().await;
    std::fs::remove_file("target/quickstart.db")?;
    std::fs::remove_file("target/quickstart.db.lock")?;
    println!("the file is removed: the next run starts afresh");
    Ok(())
}

/// When each checkpoint was written, the last one with the result.
async fn timeline(scoop: &Scoop, run: scoop::RunId) -> Result<String, scoop::Trouble> {
    let (_, rows) = scoop.admin().show(run).await?;
    let rows = rows.iter().map(|row| match row.point.as_str() {
        "" => format!("{} end", row.created_at),
        point => format!("{} {point}", row.created_at),
    });
    Ok(rows.collect::<Vec<_>>().join(", "))
}

/// The steps that an earlier run completed: all but the last one that it began.
async fn completed_before() -> Result<Vec<String>, scoop::Trouble> {
    let client = Scoop::connect(STORE).worker(false).await?;
    let admin = client.admin();
    let mut begun = Vec::new();
    for run in admin.list(&scoop::RunFilter::default()).await? {
        let (_, rows) = admin.show(run.id).await?;
        begun.extend(
            rows.into_iter()
                .map(|row| row.point)
                .filter(|point| !point.is_empty()),
        );
    }
    begun.pop();
    client.shutdown().await;
    Ok(begun)
}
