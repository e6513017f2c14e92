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

#[scoop::resource]
impl Airline {
    #[step(rollback = Self::cancel)]
    async fn book_flight(&self, trip: &Trip) -> Result<Flight, FlightError> {
        let _ = trip;
        Ok(Flight)
    }
}

fn main() {}
