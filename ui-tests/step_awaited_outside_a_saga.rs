use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(read_only)]
async fn find_flight(trip: &Trip) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

async fn handler(trip: Trip) -> Result<Flight, FlightError> {
    find_flight(&trip).await
}

fn main() {}
