//! The world outside, and the sagas that change it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use scoop::{Outcome, Resource, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<Vec<String>>>);

impl World {
    pub(crate) fn did(&self, what: &str) -> usize {
        let mut log = self.0.lock().unwrap();
        log.push(what.to_owned());
        log.iter().filter(|known| *known == what).count()
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is full")]
pub(crate) struct Full(pub(crate) String);

#[step(rollback = cancel)]
async fn book(what: &str, world: Resource<World>) -> Result<String, Full> {
    let key = scoop::context().unwrap().idempotency_key();
    world.did(&format!("+{what} {}", key.rsplit(':').next().unwrap()));
    match what {
        "full" => Err(Full(what.to_owned())),
        _ => Ok(format!("ticket {what}")),
    }
}

async fn cancel(what: &str, ticket: String, world: Resource<World>) -> Result<(), Full> {
    assert_eq!(ticket, format!("ticket {what}"));
    world.did(&format!("-{what}"));
    Ok(())
}

#[step(pivot)]
async fn pay(world: Resource<World>) -> Result<(), Full> {
    world.did("pay");
    Ok(())
}

#[step(pivot, timeout = "50ms")]
async fn pay_slowly(world: Resource<World>) -> Result<usize, Full> {
    let times = world.did("pay slowly");
    if times < 3 {
        std::future::pending::<()>().await;
    }
    Ok(times)
}

#[step(rollback = cancel_taxi)]
async fn taxi(world: Resource<World>) -> Result<u32, Full> {
    match world.did("+taxi") {
        1 => panic!("no answer"),
        times => Ok(u32::try_from(times).unwrap()),
    }
}

async fn cancel_taxi(number: u32, world: Resource<World>) -> Result<(), Full> {
    world.did(&format!("-taxi {number}"));
    Ok(())
}

#[step(read_only)]
async fn ask_a_saga() -> Result<String, Full> {
    let result = trip(vec![]).await;
    Ok(result.unwrap_err().to_string())
}

#[step(rollback = forget)]
async fn remember(world: Resource<World>) -> Result<(), Full> {
    world.did("remember");
    Ok(())
}

async fn forget(_: Outcome<()>, world: Resource<World>) -> Result<(), Full> {
    world.did("forget");
    Ok(())
}

#[saga]
pub(crate) async fn trip(places: Vec<String>) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    for place in &places {
        tickets.push(book(place).await?);
    }
    Ok(tickets)
}

#[saga]
pub(crate) async fn past_pivot() -> Result<(), Full> {
    book("a").await?;
    pay().await?;
    book("full").await?;
    Ok(())
}

#[saga]
pub(crate) async fn patient() -> Result<usize, Full> {
    pay_slowly().await
}

#[saga]
pub(crate) async fn by_taxi() -> Result<u32, Full> {
    book("a").await?;
    taxi().await
}

#[saga]
pub(crate) async fn nested() -> Result<String, Full> {
    ask_a_saga().await
}

#[saga]
pub(crate) async fn second_choice() -> Result<(), Full> {
    if let Err(full) = book("full").await {
        assert_eq!(full.0, "full");
    }
    remember().await?;
    book("full").await?;
    Ok(())
}

#[saga]
pub(crate) async fn late() -> Result<String, Full> {
    scoop::sleep(Duration::from_secs(60)).await;
    book("a").await
}

#[saga]
pub(crate) async fn late_and_full() -> Result<(), Full> {
    book("a").await?;
    scoop::sleep(Duration::from_secs(60)).await;
    remember().await?;
    Err(Full("all".to_owned()))
}

#[saga]
pub(crate) async fn naps() -> u32 {
    scoop::sleep(Duration::from_secs(3_600)).await;
    7
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
