use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

struct Connection;

#[step(pivot)]
async fn charge(trip: &Trip, connection: &Connection) -> Result<Flight, FlightError> {
    let _ = (trip, connection);
    Ok(Flight)
}

fn main() {}
