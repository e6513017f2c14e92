//! The sagas of the examples `quickstart` and `trips`, with a third party that enters what it does
//! into its books: a line of the journal that begins with cents.

use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use super::journal::effect;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Trip {
    pub(crate) id: String,
    pub(crate) city: String,
    pub(crate) nights: u32,
    pub(crate) card: String,
    pub(crate) airline: String,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum TripError {
    #[error("no hotels in {0}")]
    NoHotels(String),
    #[error("the card was declined")]
    Declined,
    #[error("the airline does not answer")]
    NoAnswer,
    #[error("{0} is sold out")]
    SoldOut(String),
}

#[step(rollback = cancel_flight, retry(max = 5, backoff = "5ms..20ms"))]
async fn book_flight(trip: &Trip) -> Result<i64, TripError> {
    let attempt = scoop::context().unwrap().attempt();
    if trip.airline == "flaky" && attempt < 3 {
        effect(&trip.id, "0 no answer");
        return Err(TripError::NoAnswer);
    }
    effect(&trip.id, "20000 flight");
    Ok(20_000)
}

async fn cancel_flight(trip: &Trip, cents: i64) -> Result<(), TripError> {
    effect(&trip.id, &format!("{} flight", -cents));
    Ok(())
}

#[step(rollback = cancel_hotel)]
async fn book_hotel(trip: &Trip, night: u32) -> Result<i64, TripError> {
    if trip.city == "Atlantis" && night == trip.nights - 1 {
        effect(&trip.id, "0 no hotel");
        return Err(TripError::NoHotels(trip.city.clone()));
    }
    effect(&trip.id, "9000 hotel");
    Ok(9_000)
}

async fn cancel_hotel(trip: &Trip, _night: u32, cents: i64) -> Result<(), TripError> {
    effect(&trip.id, &format!("{} hotel", -cents));
    Ok(())
}

#[step(pivot)]
async fn charge(trip: &Trip, cents: i64) -> Result<(), TripError> {
    if trip.card == "declined" {
        effect(&trip.id, "0 declined");
        return Err(TripError::Declined);
    }
    effect(&trip.id, &format!("{} charged", -cents));
    Ok(())
}

/// As in the example `trips`.
#[saga]
pub(crate) async fn book_trip(trip: Trip) -> Result<i64, TripError> {
    let mut cents = book_flight(&trip).await?;
    for night in 0..trip.nights {
        cents += book_hotel(&trip, night).await?;
    }
    charge(&trip, cents).await?;
    Ok(cents)
}

#[step(rollback = cancel)]
async fn reserve(trip: &Trip, what: &str) -> Result<String, TripError> {
    effect(&trip.id, &format!("1 {what}"));
    if what == "car" && trip.city == "Atlantis" {
        return Err(TripError::SoldOut(what.to_owned()));
    }
    Ok(format!("{what} in {}", trip.city))
}

async fn cancel(trip: &Trip, what: &str, booked: String) -> Result<(), TripError> {
    assert!(booked.starts_with(what));
    effect(&trip.id, &format!("-1 {what}"));
    Ok(())
}

/// As in the example `quickstart`.
#[saga]
pub(crate) async fn quickstart(trip: Trip) -> Result<Vec<String>, TripError> {
    let flight = reserve(&trip, "flight").await?;
    let hotel = reserve(&trip, "hotel").await?;
    let car = reserve(&trip, "car").await?;
    Ok(vec![flight, hotel, car])
}

/// What the third party's books come to: it does what it is asked once for each key.
pub(crate) fn books(journal: &[String]) -> i64 {
    let mut keys = std::collections::HashMap::new();
    for line in journal.iter().filter(|line| !line.starts_with("body ")) {
        let mut words = line.split(' ');
        let (key, cents) = (words.next().unwrap(), words.next().unwrap());
        keys.insert(key, cents.parse::<i64>().unwrap_or_default());
    }
    keys.values().sum()
}
