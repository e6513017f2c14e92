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
    let local = std::rc::Rc::new(1);
    look_up(trip).await?;
    drop(local);
    Ok(Flight)
}

async fn look_up(_trip: &Trip) -> Result<Flight, FlightError> {
    Ok(Flight)
}

fn main() {}
