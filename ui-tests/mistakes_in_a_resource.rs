// mistakes: 3
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
    #[step]
    async fn book_flight(&self, trip: &Trip) -> Result<Flight, FlightError> {
        let _ = trip;
        Ok(Flight)
    }

    #[step(read_only)]
    async fn find_flight(trip: &Trip) -> Result<Flight, FlightError> {
        let _ = trip;
        Ok(Flight)
    }

    #[step(read_only)]
    async fn count_flights(&mut self) -> u32 {
        0
    }
}

async fn callers_hear_nothing_of_it(airline: &Airline) -> Result<Flight, FlightError> {
    airline.book_flight(&Trip).call().await
}

fn main() {}
