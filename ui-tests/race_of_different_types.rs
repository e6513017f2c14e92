// mistakes: 3
//! A race whose racers do not return the same, one of one, and one in another.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn asks(shop: u32) -> Result<u32, Error> {
    Ok(ask(shop).await?)
}

#[saga]
async fn different() -> u32 {
    let first = scoop::race!(async { ask(1).await.map(u64::from) }, asks(2));
    7
}

#[saga]
async fn alone() -> Result<u32, Error> {
    Ok(scoop::race!(async { ask(1).await })?)
}

#[saga]
async fn nested() -> Result<u32, Error> {
    Ok(scoop::race!(scoop::race((asks(1), asks(2))), asks(3))?)
}

fn main() {}
