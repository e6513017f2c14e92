use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

struct Airline;

impl Airline {
    #[step(read_only)]
    async fn find_flight(&self, trip: &Trip) -> Result<Flight, FlightError> {
        let _ = trip;
        Ok(Flight)
    }
}

fn main() {}
