use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(rollback = cancel_flight)]
async fn book_flight(trip: &Trip) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

async fn cancel_flight(_trip: &Trip, _flight: String) -> Result<(), FlightError> {
    Ok(())
}

fn main() {}
