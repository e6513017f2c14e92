// mistakes: 2
//! `sleep` and `timeout` beside a block: what they return is not that of the others, and says so once.

use std::time::Duration;

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn sleeps() -> Result<u32, Error> {
    scoop::race!(async { ask(1).await }, scoop::sleep(Duration::from_secs(1)))
}

#[saga]
async fn limited() -> Result<u32, Error> {
    scoop::race!(scoop::timeout(Duration::from_secs(1), ask(1)), async { ask(2).await })
}

fn main() {}
