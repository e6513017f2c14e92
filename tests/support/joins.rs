//! Sagas that await several operations at once.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::time::Duration;

use scoop::{SagaError, saga};

use super::children::leg;
use super::sagas::{Full, book, explode, flaky, pay};

#[saga]
pub(crate) async fn both(case: String, one: String, other: String) -> Result<usize, Full> {
    let hotel = book(&case, "hotel").await?;
    let (one, other) = scoop::try_join!(book(&case, &one), book(&case, &other))?;
    let last = book(&case, "taxi").await?;
    Ok(hotel.len() + one.len() + other.len() + last.len())
}

/// Everything that can stand beside something else.
#[saga]
pub(crate) async fn mixed(case: String, last: String) -> Result<String, Full> {
    let (line, room, there, (), boom) = scoop::join!(
        flaky(&case),
        book(&case, "room"),
        leg(case.clone(), vec!["x".to_owned(), "y".to_owned()]),
        scoop::sleep(Duration::from_secs(2)),
        scoop::caught(explode(&case)),
    );
    let boom = boom.map_err(|error: SagaError<_>| error.kind());
    let (line, room, there) = (line?, room?, there?);
    book(&case, &last).await?;
    Ok(format!("{line} {room} {there} {boom:?}"))
}

#[saga]
pub(crate) async fn mapped(case: String, items: Vec<String>) -> Result<Vec<String>, Full> {
    let tickets = scoop::map(&items, |item| book(&case, item))
        .concurrency(3)
        .await;
    let mut all = Vec::new();
    for ticket in tickets {
        all.push(ticket?);
    }
    book(&case, "full taxi").await?;
    Ok(all)
}

#[saga]
pub(crate) async fn tried(case: String, items: Vec<String>) -> Result<Vec<String>, Full> {
    scoop::try_map(items, |item| book(&case, &item))
        .concurrency(2)
        .await
}

/// Several of several.
#[saga]
pub(crate) async fn nested(case: String, fails: bool) -> Result<usize, Full> {
    let names = ["p", "q", "r"];
    let (pair, many) = scoop::join!(
        scoop::try_join((book(&case, "a"), book(&case, "b"))),
        scoop::try_map(names, |name| book(&case, name)).concurrency(2),
    );
    let (pair, many) = (pair?, many?);
    if fails {
        book(&case, "full").await?;
    }
    Ok(pair.0.len() + pair.1.len() + many.len())
}

/// A pivot beside a step that can fail.
#[saga]
pub(crate) async fn paid_beside(case: String) -> Result<(), Full> {
    let (paid, booked) = scoop::join!(pay(&case, 3), book(&case, "full"));
    paid?;
    booked?;
    Ok(())
}

/// Rests after its first step, and takes another one.
#[saga]
pub(crate) async fn stroll(case: String, name: String, rest: u64) -> Result<u64, Full> {
    book(&case, &name).await?;
    scoop::sleep(Duration::from_secs(rest)).await;
    book(&case, &format!("{name} again")).await?;
    Ok(rest)
}

#[saga]
pub(crate) async fn raced(case: String, last: String) -> Result<u64, Full> {
    let first = scoop::race!(
        stroll(case.clone(), "one".to_owned(), 9),
        stroll(case.clone(), "two".to_owned(), 4),
    )?;
    book(&case, &last).await?;
    Ok(first)
}

#[saga]
pub(crate) async fn timed(case: String, seconds: u64) -> Result<String, Full> {
    let limit = Duration::from_secs(5);
    let strolled = scoop::timeout(limit, stroll(case.clone(), "one".to_owned(), seconds)).await;
    let all = match strolled {
        Ok(rest) => format!("rested {}", rest?),
        Err(elapsed) => format!("{elapsed}"),
    };
    book(&case, "last").await?;
    Ok(all)
}

#[saga]
pub(crate) async fn spawning(case: String) -> Result<(), Full> {
    let to = vec!["x".to_owned()];
    let _leg = scoop::spawn(leg(case.clone(), to)).await;
    book(&case, "full").await?;
    Ok(())
}

#[saga]
pub(crate) async fn leaf(case: String, number: usize) -> Result<usize, Full> {
    book(&case, &format!("leaf {number}")).await?;
    Ok(number)
}

/// A tree so deep, and so wide at its end, that fails at its top if it is to.
#[saga]
pub(crate) async fn tree(
    case: String,
    depth: usize,
    width: usize,
    fails: bool,
) -> Result<usize, Full> {
    if depth == 0 {
        let leaves = scoop::try_map(0..width, |number| leaf(case.clone(), number)).await?;
        return Ok(leaves.len());
    }
    book(&case, &format!("level {depth}")).await?;
    let below = tree(case.clone(), depth - 1, width, false).await?;
    if fails {
        book(&case, "full").await?;
    }
    Ok(below)
}
