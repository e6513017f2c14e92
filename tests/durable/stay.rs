//! The sagas whose stored bytes are in `golden.sql`. Nothing here may change, not even a line.

use scoop::{Outcome, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::effect;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Guest {
    pub(crate) name: String,
    pub(crate) note: Option<String>,
}

#[derive(Debug, thiserror::Error, PartialEq, Serialize, Deserialize)]
pub(crate) enum StayError {
    #[error("{hotel} is full on night {night}")]
    Full { hotel: String, night: u32 },
    #[error("nobody answers")]
    NoAnswer,
}

#[step(rollback = release, undo(retry(max = 5, backoff = "60s..60s")))]
async fn reserve(case: &str, hotel: &str, night: u32) -> Result<u64, StayError> {
    effect(case, &format!("reserve {night}"));
    if hotel == "Full" && night == 3 {
        let hotel = hotel.to_owned();
        return Err(StayError::Full { hotel, night });
    }
    Ok(u64::from(night) * 100)
}

async fn release(
    case: &str,
    hotel: &str,
    night: u32,
    number: Outcome<u64>,
) -> Result<(), StayError> {
    effect(case, &format!("release {hotel} {night} {number:?}"));
    match scoop::context().unwrap().attempt() {
        1 => Err(StayError::NoAnswer),
        _ => Ok(()),
    }
}

#[step(retriable, retry(forever, backoff = "60s..60s"))]
async fn confirm(case: &str, guest: &Guest) -> Result<String, StayError> {
    effect(case, &format!("confirm {}", guest.name));
    match scoop::context().unwrap().attempt() {
        1 => Err(StayError::NoAnswer),
        _ => Ok(format!("for {}", guest.name)),
    }
}

#[saga(name = "hotel::stay")]
pub(crate) async fn stay(
    case: String,
    hotel: String,
    guest: Guest,
) -> Result<(Vec<u64>, String), StayError> {
    let mut rooms = Vec::new();
    for night in 1..=3 {
        rooms.push(reserve(&case, &hotel, night).await?);
    }
    let said = confirm(&case, &guest).await?;
    scoop::sleep(std::time::Duration::from_secs(60)).await;
    Ok((rooms, said))
}
