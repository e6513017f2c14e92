//! A trip fails at its third step, and what was booked is undone. `main` gives the error back, so
//! that Rust prints the whole report: `cargo run --example report`

use scoop::{SagaError, Scoop, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum TripError {
    #[error("no hotel in {city} has a room")]
    NoRoom { city: String, source: Refused },
    #[error(transparent)]
    Refused(#[from] Refused),
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("the booking service answered {0}")]
struct Refused(u16);

#[step(rollback = cancel_flight)]
async fn book_flight(_city: &str) -> Result<u64, Refused> {
    Ok(7)
}

/// The airline wants to be asked twice.
async fn cancel_flight(_city: &str, _flight: u64) -> Result<(), Refused> {
    match scoop::context().map(|context| context.attempt()) {
        Some(1) => Err(Refused(429)),
        _ => Ok(()),
    }
}

#[step(rollback = return_car)]
async fn rent_car(_city: &str) -> Result<u64, Refused> {
    Ok(1)
}

async fn return_car(_city: &str, _car: u64) -> Result<(), Refused> {
    Ok(())
}

#[step(rollback = cancel_hotel, retry(max = 3, backoff = "10ms..1s"))]
async fn book_hotel(_city: &str) -> Result<u64, Refused> {
    Err(Refused(503))
}

async fn cancel_hotel(_city: &str, _hotel: u64) -> Result<(), Refused> {
    Ok(())
}

#[saga]
async fn book_trip(city: String) -> Result<Vec<u64>, TripError> {
    let flight = book_flight(&city).await?;
    let car = rent_car(&city).await?;
    let hotel = book_hotel(&city)
        .await
        .map_err(|source| TripError::NoRoom { city, source })?;
    Ok(vec![flight, car, hotel])
}

#[tokio::main]
async fn main() -> Result<(), SagaError<TripError>> {
    Scoop::connect("memory:").await?.install()?;
    println!("booked: {:?}", book_trip("Lisbon".to_owned()).await?);
    Ok(())
}
