// mistakes: 6
use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

#[step(timeout = "soon", retry(max = 3, backof = "1s..2s"))]
fn book_flight(trip: &mut Trip, (seats, class): (u32, u8)) -> Result<Flight, FlightError> {
    let _ = (trip, seats, class);
    Ok(Flight)
}

fn main() {}
