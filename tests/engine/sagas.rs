//! The world outside, and the sagas that change it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use scoop::{Outcome, Resource, saga, step};
use serde::{Deserialize, Serialize};

/// The world outside: what was done in it, by idempotency key.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<HashMap<String, Vec<String>>>>);

impl World {
    pub(crate) fn effect(&self, test: &str, what: &str) -> u32 {
        let mut tests = self.0.lock().unwrap();
        let log = tests.entry(test.to_owned()).or_default();
        log.push(what.to_owned());
        u32::try_from(log.iter().filter(|known| *known == what).count()).unwrap()
    }

    pub(crate) fn log(&self, test: &str) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .get(test)
            .cloned()
            .unwrap_or_default()
    }
}

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is full")]
pub(crate) struct Full(pub(crate) String);

#[step(rollback = cancel)]
pub(crate) async fn book(test: &str, what: &str, world: Resource<World>) -> Result<String, Full> {
    world.effect(test, &format!("+{what}"));
    if what == "full" {
        Err(Full(what.to_owned()))
    } else {
        Ok(format!("{what}-ticket"))
    }
}

async fn cancel(
    test: &str,
    what: &str,
    ticket: String,
    world: Resource<World>,
) -> Result<(), Full> {
    assert_eq!(ticket, format!("{what}-ticket"));
    let times = world.effect(test, &format!("-{what}"));
    if what == "sticky" && times <= 12 {
        Err(Full("the desk".to_owned()))
    } else {
        Ok(())
    }
}

#[step(rollback = maybe_cancel)]
async fn explode(test: &str, world: Resource<World>) -> Result<u32, Full> {
    world.effect(test, "+explode");
    panic!("boom")
}

async fn maybe_cancel(test: &str, done: Outcome<u32>, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, &format!("-explode {done:?}"));
    Ok(())
}

#[step(retriable, retry(forever, backoff = "1ms..2ms"))]
async fn flaky(test: &str, world: Resource<World>) -> Result<u32, Full> {
    let times = world.effect(test, "flaky");
    if times < 4 {
        Err(Full("line".to_owned()))
    } else {
        Ok(times)
    }
}

#[step(pivot)]
pub(crate) async fn pay(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "pay");
    Ok(())
}

#[saga]
pub(crate) async fn trip(test: String, places: Vec<String>) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    for place in &places {
        tickets.push(book(&test, place).await?);
    }
    flaky(&test).await?;
    Ok(tickets)
}

#[saga]
pub(crate) async fn doubtful(test: String) -> Result<u32, Full> {
    book(&test, "a").await?;
    let number = explode(&test).await?;
    Ok(number)
}

#[saga]
pub(crate) async fn past_pivot(test: String) -> Result<(), Full> {
    book(&test, "a").await?;
    pay(&test).await?;
    book(&test, "full").await?;
    Ok(())
}

#[saga]
pub(crate) async fn careful(test: String) -> Result<String, Full> {
    match book(&test, "full").await {
        Ok(ticket) => return Ok(ticket),
        Err(full) => assert_eq!(full, Full("full".to_owned())),
    }
    let caught = match scoop::caught(explode(&test)).await {
        Ok(_) => "exploded".to_owned(),
        Err(error) => format!("{error}"),
    };
    Ok(caught)
}

#[saga]
pub(crate) async fn panics(test: String) -> Result<(), Full> {
    if test.len() > 1_000 {
        book(&test, "a").await?;
    }
    panic!("before the first await")
}

#[saga]
pub(crate) async fn sleeps() -> u32 {
    let before = 20;
    scoop::sleep(std::time::Duration::from_millis(before)).await;
    42
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[step(read_only, blocking)]
fn key() -> Option<String> {
    scoop::context().map(|context| context.idempotency_key())
}

#[saga]
pub(crate) async fn keys() -> Option<String> {
    key().await
}
