//! Sagas that await sagas, which note in the journal what they do.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use scoop::{SagaError, saga};

use super::journal::body;
use super::sagas::{Full, book, pay};

#[saga]
pub(crate) async fn night(case: String, number: u32) -> Result<String, Full> {
    body(&case, &format!("night {number}"));
    let hotel = book(&case, &format!("hotel {number}")).await?;
    let breakfast = book(&case, &format!("breakfast {number}")).await?;
    Ok(format!("{hotel} and {breakfast}"))
}

#[saga]
pub(crate) async fn stay(case: String, nights: u32) -> Result<Vec<String>, Full> {
    let mut all = Vec::new();
    for number in 1..=nights {
        all.push(night(case.clone(), number).await?);
        body(&case, &format!("slept {number}"));
    }
    Ok(all)
}

/// A saga of sagas of sagas.
#[saga]
pub(crate) async fn journey(case: String) -> Result<usize, Full> {
    let flight = book(&case, "flight").await?;
    let nights = stay(case.clone(), 2).await?;
    body(&case, "goes home");
    Ok(nights.len() + flight.len())
}

#[saga]
pub(crate) async fn leg(case: String, to: Vec<String>) -> Result<usize, Full> {
    for place in &to {
        book(&case, place).await?;
    }
    Ok(to.len())
}

#[saga]
pub(crate) async fn legs(
    case: String,
    first: Vec<String>,
    second: Vec<String>,
) -> Result<usize, Full> {
    let flight = book(&case, "flight").await?;
    let first = leg(case.clone(), first).await?;
    book(&case, "car").await?;
    let second = leg(case.clone(), second).await?;
    Ok(flight.len() + first + second)
}

#[saga]
pub(crate) async fn careful(case: String) -> Result<String, Full> {
    let caught: Result<usize, SagaError<Full>> =
        scoop::caught(leg(case.clone(), vec!["x".to_owned(), "full".to_owned()])).await;
    let second = match leg(case.clone(), vec!["full again".to_owned()]).await {
        Ok(_) => "a leg".to_owned(),
        Err(full) => full.to_string(),
    };
    book(&case, "train").await?;
    let caught = caught.err().and_then(|error| error.into_error().ok());
    Ok(format!("{caught:?}, {second}"))
}

#[saga]
pub(crate) async fn down(case: String, left: u32, fails_at: u32) -> Result<u32, Full> {
    book(&case, &format!("step {left}")).await?;
    if left == 0 {
        return Ok(0);
    }
    let below = down(case.clone(), left - 1, fails_at).await?;
    if left == fails_at {
        book(&case, "full").await?;
    }
    Ok(below + 1)
}

#[saga]
pub(crate) async fn paying(case: String) -> Result<(), Full> {
    pay(&case, 7).await
}

#[saga]
pub(crate) async fn past_a_pivot_below(case: String) -> Result<(), Full> {
    book(&case, "x").await?;
    paying(case.clone()).await?;
    book(&case, "full").await?;
    Ok(())
}
