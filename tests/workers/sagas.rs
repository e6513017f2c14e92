//! The world outside, which all processes share, and the sagas that change it.

use std::sync::{Arc, Mutex};

use scoop::{Resource, saga, step};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// What happened, and a gate at which steps wait.
#[derive(Clone, Debug)]
pub(crate) struct World {
    log: Arc<Mutex<Vec<String>>>,
    gate: watch::Sender<bool>,
    mended: Arc<Mutex<bool>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            log: Arc::default(),
            gate: watch::Sender::new(false),
            mended: Arc::default(),
        }
    }
}

impl World {
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Lets everybody through the gate.
    pub(crate) fn open(&self) {
        self.gate.send_replace(true);
    }

    /// From now on what could not be undone can.
    pub(crate) fn mend(&self) {
        *self.mended.lock().unwrap() = true;
    }

    /// Waits until this has happened.
    pub(crate) async fn until(&self, what: &str) {
        let happened = async {
            while !self.log().iter().any(|line| line == what) {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(crate::LONG, happened).await.unwrap();
    }

    fn note(&self, line: String) {
        self.log.lock().unwrap().push(line);
    }
}

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("no")]
pub(crate) struct No;

#[step(rollback = cancel)]
async fn book(number: u32, world: Resource<World>) -> Result<u32, No> {
    world.note(format!("+{number}"));
    Ok(number)
}

async fn cancel(number: u32, _: u32, world: Resource<World>) -> Result<(), No> {
    world.note(format!("-{number}"));
    Ok(())
}

/// Takes a moment; done twice, it is noted twice.
#[step(retriable)]
async fn visit(of: u32, number: u32, world: Resource<World>) -> Result<(), No> {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    world.note(format!("visit {number} of {of}"));
    Ok(())
}

#[step(read_only)]
async fn gate(world: Resource<World>) -> Result<(), No> {
    let key = scoop::context().unwrap().idempotency_key();
    world.note(format!("gate {}", key.rsplit(':').next().unwrap()));
    world.note("gate".to_owned());
    drop(world.gate.subscribe().wait_for(|open| *open).await);
    Ok(())
}

#[step(rollback = unhinge, undo(retry(max = 1)))]
async fn hinge() -> Result<(), No> {
    Ok(())
}

async fn unhinge(_: (), world: Resource<World>) -> Result<(), No> {
    match *world.mended.lock().unwrap() {
        true => Ok(()),
        false => Err(No),
    }
}

#[saga]
pub(crate) async fn visits(of: u32, count: u32) -> Result<u32, No> {
    for number in 0..count {
        visit(of, number).await?;
    }
    Ok(count)
}

/// Books before and behind the gate.
#[saga]
pub(crate) async fn through_the_gate() -> Result<u32, No> {
    let one = book(1).await?;
    gate().await?;
    Ok(one + book(2).await?)
}

#[saga]
pub(crate) async fn many(count: u32) -> Result<u32, No> {
    let mut sum = 0;
    for number in 0..count {
        sum += book(number).await?;
    }
    Ok(sum)
}

/// Cannot be undone until the world is mended.
#[saga(name = "hinged")]
pub(crate) async fn hinged() -> Result<(), No> {
    book(1).await?;
    hinge().await?;
    Err(No)
}

#[saga(name = "ordered")]
pub(crate) async fn ordered(above: bool) -> Result<u32, No> {
    let first = tens().await?;
    if above {
        return Err(No);
    }
    Ok(first)
}

#[saga(name = "tens")]
pub(crate) async fn tens() -> Result<u32, No> {
    Ok(book(10).await? + book(20).await?)
}

#[saga(name = "slept")]
pub(crate) async fn slept() -> Result<u32, No> {
    let one = book(1).await?;
    scoop::sleep(std::time::Duration::from_secs(3_600)).await;
    Ok(one)
}

#[saga(name = "ordered_and_slept")]
pub(crate) async fn ordered_and_slept() -> Result<u32, No> {
    let nine = book(9).await?;
    Ok(nine + slept().await?)
}
