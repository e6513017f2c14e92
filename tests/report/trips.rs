//! Sagas that fail in every way there is.

use std::sync::Arc;

use scoop::{Outcome, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{what} is sold out")]
pub(crate) struct SoldOut {
    what: String,
    #[source]
    #[serde(skip)]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl SoldOut {
    fn new(what: &str, source: &str) -> Self {
        Self {
            what: what.to_owned(),
            source: Some(Arc::from(Box::from(source))),
        }
    }
}

/// An error of the saga's own, which does not say what it came from.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no trip this year")]
pub(crate) struct NoTrip;

#[step(rollback = cancel)]
async fn book(what: &str) -> Result<u32, SoldOut> {
    match what {
        "boat" => Err(SoldOut::new(what, "503 Service Unavailable")),
        _ => Ok(7),
    }
}

async fn cancel(what: &str, _: u32) -> Result<(), SoldOut> {
    match what {
        "sauna" => Err(SoldOut::new("the desk", "nobody there")),
        _ => Ok(()),
    }
}

#[step(read_only, retry(max = 3, backoff = "1ms..2ms"))]
async fn weather(place: &str) -> Result<u32, SoldOut> {
    Err(SoldOut::new(place, "rain"))
}

#[step(rollback = perhaps_cancel, timeout = "1s")]
async fn taxi(how: &str) -> Result<u32, SoldOut> {
    match how {
        "crashing" => panic!("no brakes"),
        _ => std::future::pending().await,
    }
}

async fn perhaps_cancel(_: &str, _: Outcome<u32>) -> Result<(), SoldOut> {
    Ok(())
}

#[step(pivot)]
async fn pay() -> Result<(), SoldOut> {
    Ok(())
}

#[saga]
pub(crate) async fn trip(places: Vec<String>) -> Result<(), SoldOut> {
    for place in &places {
        book(place).await?;
    }
    Ok(())
}

#[saga]
pub(crate) async fn ride(how: String) -> Result<(), SoldOut> {
    book("a train").await?;
    taxi(&how).await?;
    Ok(())
}

#[saga]
pub(crate) async fn stroll(how: String) -> Result<(), SoldOut> {
    book("a guide").await?;
    assert_ne!(how, "blindly", "no way");
    Ok(())
}

#[saga]
pub(crate) async fn second_choice() -> Result<(), NoTrip> {
    if let Err(no) = scoop::caught(taxi("crashing")).await {
        drop(no);
    }
    if book("boat").await.is_ok() {
        return Ok(());
    }
    weather("Lisbon").await.map_err(|_| NoTrip)?;
    Ok(())
}

#[saga]
pub(crate) async fn paid() -> Result<(), SoldOut> {
    book("a train").await?;
    pay().await?;
    book("boat").await?;
    Ok(())
}

/// What a newer build wrote, and this one cannot read.
#[derive(Serialize)]
pub(crate) struct Newer;

impl<'de> Deserialize<'de> for Newer {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("made by a newer build"))
    }
}

#[saga]
pub(crate) async fn of_a_newer_build(trip: Newer) -> Result<(), SoldOut> {
    drop(trip);
    pay().await
}
