//! A round trip: legs in a loop, each a saga of its own; car and insurance at once; a night to think
//! about it; and a payment that is refused, so that all of it is undone: `cargo run --example trip`
//!
//! `cargo run --example trip -- pays` is the same with a card that is accepted.

use std::time::Duration;

use scoop::{Scoop, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    guest: String,
    cities: Vec<String>,
    limit: u32,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum TripError {
    #[error("the card of {guest} is good for {limit}, not for {price}")]
    Card {
        guest: String,
        limit: u32,
        price: u32,
    },
}

/// Flights, rooms, cars and policies are all booked, and cancelled, alike.
#[step(rollback = cancel, retry(max = 3, backoff = "10ms..50ms"))]
async fn book(what: &str, price: u32) -> Result<u32, TripError> {
    println!("  + {what}");
    Ok(price)
}

async fn cancel(what: &str, _: u32, _booked: u32) -> Result<(), TripError> {
    println!("  - {what}");
    Ok(())
}

/// There is no way back from here; it may be refused.
#[step(pivot)]
async fn pay(trip: &Trip, price: u32) -> Result<(), TripError> {
    if price > trip.limit {
        let (guest, limit) = (trip.guest.clone(), trip.limit);
        return Err(TripError::Card {
            guest,
            limit,
            price,
        });
    }
    println!("  paid {price}");
    Ok(())
}

#[step(retriable)]
async fn send_tickets(guest: &str) {
    println!("  tickets sent to {guest}");
}

/// A flight and a room, at once: undone together, too, wherever they are awaited.
#[saga]
async fn leg(from: String, to: String) -> Result<u32, TripError> {
    let (flight, room) = scoop::try_join!(
        book(&format!("flight {from} - {to}"), 120),
        book(&format!("room in {to}"), 90),
    )?;
    Ok(flight + room)
}

#[saga(deadline = "7d")]
async fn book_trip(trip: Trip) -> Result<u32, TripError> {
    let mut price = 0;
    for pair in trip
        .cities
        .windows(2)
        .map(<[String]>::to_vec)
        .collect::<Vec<_>>()
    {
        price += leg(pair[0].clone(), pair[1].clone()).await?;
    }
    let (car, policy) = scoop::try_join!(book("car", 60), book("insurance", 15))?;
    price += car + policy;
    println!("  {} thinks about it", trip.guest);
    scoop::sleep(Duration::from_secs(1)).await;
    pay(&trip, price).await?;
    send_tickets(&trip.guest).await;
    Ok(price)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pays = std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == "pays");
    let scoop = Scoop::connect("memory:").await?;
    let trip = Trip {
        guest: "Ann".to_owned(),
        cities: ["Oslo", "Lisbon", "Rome"].map(str::to_owned).to_vec(),
        limit: if pays { 900 } else { 400 },
    };
    println!("booking a trip");
    let handle = scoop.start(book_trip(trip)).await?;
    match handle.wait().await {
        Ok(price) => println!("booked for {price}"),
        // Where it failed, what was undone, and what became of each: `Debug` prints all of it.
        Err(error) => println!("\n{error:?}"),
    }
    scoop.shutdown().await;
    Ok(())
}
