use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Trip;

#[derive(Serialize, Deserialize)]
struct Flight;

#[derive(Debug, thiserror::Error)]
#[error("fully booked")]
struct FlightError;

struct Receipt;

#[step(rollback = give_back)]
async fn charge(trip: &Trip) -> Result<Receipt, FlightError> {
    let _ = trip;
    Ok(Receipt)
}

async fn give_back(_trip: &Trip, _receipt: Receipt) -> Result<(), FlightError> {
    Ok(())
}

fn main() {}
