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
async fn find_flight(trip: &mut Trip) -> Result<Flight, FlightError> {
    *trip = Trip;
    Ok(Flight)
}

fn main() {}
