use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step]
async fn book_flight(trip: &Trip) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

async fn callers_hear_nothing_of_it() -> Result<Flight, FlightError> {
    book_flight(&Trip).call().await
}

fn main() {}
