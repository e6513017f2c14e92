use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(read_only, retry(max = 3, on = is_busy))]
async fn find_flight(trip: &Trip) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

fn is_busy(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::ResourceBusy
}

fn main() {}
