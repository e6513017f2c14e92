use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(retriable, retry(max = 5, backoff = "30s"))]
async fn send_ticket(trip: &Trip) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

fn main() {}
