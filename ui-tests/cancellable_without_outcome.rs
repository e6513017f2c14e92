use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(rollback = cancel_flight, cancellable)]
async fn book_flight(trip: u32) -> Result<Flight, FlightError> {
    let _ = trip;
    Ok(Flight)
}

async fn cancel_flight(_trip: u32, _flight: Flight) -> Result<(), FlightError> {
    Ok(())
}

fn main() {}
