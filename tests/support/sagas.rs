//! Sagas of every shape, which note in the journal what they do. Each is deterministic: what a step
//! answers depends on its arguments and on the number of the attempt.

use std::time::Duration;

use scoop::{Outcome, saga, step};
use serde::{Deserialize, Serialize};

use super::journal::{body, count, effect};

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is full")]
pub(crate) struct Full(String);

fn attempt() -> u32 {
    scoop::context().unwrap().attempt()
}

#[step(rollback = cancel)]
pub(crate) async fn book(case: &str, what: &str) -> Result<String, Full> {
    effect(case, &format!("+{what}"));
    if what.starts_with("full") {
        return Err(Full(what.to_owned()));
    }
    Ok(format!("ticket of {what}"))
}

async fn cancel(case: &str, what: &str, ticket: String) -> Result<(), Full> {
    assert_eq!(ticket, format!("ticket of {what}"));
    effect(case, &format!("-{what}"));
    if what == "sticky" || (what == "slow" && attempt() < 3) {
        return Err(Full("the desk".to_owned()));
    }
    Ok(())
}

#[step(retriable, retry(max = 6, backoff = "1s..4s"))]
pub(crate) async fn flaky(case: &str) -> Result<u32, Full> {
    effect(case, &format!("flaky {}", attempt()));
    if attempt() < 4 {
        return Err(Full("the line".to_owned()));
    }
    Ok(attempt())
}

#[step(rollback = forget)]
pub(crate) async fn explode(case: &str) -> Result<u32, Full> {
    effect(case, "+explode");
    panic!("boom")
}

async fn forget(case: &str, done: Outcome<u32>) -> Result<(), Full> {
    effect(case, &format!("-explode {done:?}"));
    Ok(())
}

#[step(rollback = unrefuse)]
pub(crate) async fn refuse(case: &str) -> Result<(), Full> {
    effect(case, "refuse");
    Err(Full("the house".to_owned()))
}

async fn unrefuse(case: &str, done: Outcome<()>) -> Result<(), Full> {
    effect(case, &format!("-refuse {done:?}"));
    Ok(())
}

/// Panics when it is called first, so whoever undoes it has to ask again.
#[step(rollback = dismiss)]
pub(crate) async fn taxi(case: &str) -> Result<u32, Full> {
    effect(case, "+taxi");
    match count(case, "+taxi") {
        1 => panic!("no answer"),
        _ => Ok(7),
    }
}

async fn dismiss(case: &str, number: u32) -> Result<(), Full> {
    effect(case, &format!("-taxi {number}"));
    Ok(())
}

#[step(pivot)]
pub(crate) async fn pay(case: &str, cents: u64) -> Result<(), Full> {
    effect(case, &format!("pay {cents}"));
    Ok(())
}

#[saga]
pub(crate) async fn straight(case: String) -> Result<Vec<String>, Full> {
    body(&case, "begins");
    let flight = book(&case, "flight").await?;
    body(&case, "has a flight");
    let hotel = book(&case, "hotel").await?;
    body(&case, "has a hotel");
    pay(&case, 700).await?;
    body(&case, "has paid");
    Ok(vec![flight, hotel])
}

#[saga]
pub(crate) async fn looped(case: String, nights: u32) -> Result<Vec<String>, Full> {
    let mut hotels = Vec::new();
    for night in 1..=nights {
        body(&case, &format!("night {night}, {} so far", hotels.len()));
        if night == 2 {
            continue;
        }
        hotels.push(book(&case, &format!("hotel {night}")).await?);
    }
    body(&case, "through");
    Ok(hotels)
}

#[saga]
pub(crate) async fn branching(case: String, rich: bool) -> Result<String, Full> {
    let mut left = 3_u32;
    let seat = if rich {
        left -= 1;
        body(&case, "first class");
        book(&case, "first").await?
    } else {
        book(&case, "second").await?
    };
    let meal = match book(&case, "full menu").await {
        Ok(menu) => menu,
        Err(full) => {
            body(&case, "no menu");
            let instead = book(&case, "soup").await?;
            format!("{instead}, as {full}")
        }
    };
    while left > 0 {
        left -= 1;
        book(&case, &format!("bag {left}")).await?;
    }
    Ok(format!("{seat}; {meal}"))
}

#[saga]
pub(crate) async fn retried(case: String) -> Result<u32, Full> {
    body(&case, "calls");
    let times = flaky(&case).await?;
    body(&case, "hangs up");
    book(&case, "room").await?;
    Ok(times)
}

#[saga]
pub(crate) async fn sleepy(case: String) -> Result<(), Full> {
    book(&case, "bed").await?;
    body(&case, "goes to bed");
    scoop::sleep(Duration::from_secs(20)).await;
    body(&case, "gets up");
    book(&case, "breakfast").await?;
    scoop::sleep(Duration::from_secs(1)).await;
    Ok(())
}

#[saga]
pub(crate) async fn failing(case: String, places: Vec<String>) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    for place in &places {
        body(&case, place);
        tickets.push(book(&case, place).await?);
    }
    Ok(tickets)
}

#[saga]
pub(crate) async fn panicking(case: String) -> Result<(), Full> {
    book(&case, "a").await?;
    let b = book(&case, "b").await?;
    body(&case, "falls over");
    assert_eq!(b, "something else");
    Ok(())
}

#[saga]
pub(crate) async fn in_doubt(case: String) -> Result<u32, Full> {
    book(&case, "a").await?;
    body(&case, "lights it");
    let number = explode(&case).await?;
    Ok(number)
}

#[saga]
pub(crate) async fn refused(case: String) -> Result<(), Full> {
    book(&case, "a").await?;
    refuse(&case).await
}

#[saga]
pub(crate) async fn by_taxi(case: String) -> Result<u32, Full> {
    book(&case, "a").await?;
    taxi(&case).await
}

#[saga]
pub(crate) async fn past_pivot(case: String) -> Result<(), Full> {
    book(&case, "a").await?;
    pay(&case, 100).await?;
    body(&case, "has paid");
    book(&case, "full").await?;
    Ok(())
}

/// Writes 100 kB at each await.
#[saga]
pub(crate) async fn heavy(case: String, bags: usize) -> Result<usize, Full> {
    let mut weight = 0;
    for bag in 1..=bags {
        let luggage = format!("{}", bag % 10).repeat(100_000);
        book(&case, &format!("bag {bag}")).await?;
        weight += luggage.len();
    }
    Ok(weight)
}
