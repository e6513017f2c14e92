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
async fn find_flight(trip: &Trip, criteria: impl Serialize) -> Result<Flight, FlightError> {
    let _ = (trip, criteria);
    Ok(Flight)
}

fn main() {}
