// mistakes: 5
//! Races of what does not return the same, of one alone, and of a race.

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
async fn tells(shop: u32) -> Result<String, Error> {
    Ok(ask(shop).await?.to_string())
}

#[saga]
async fn sagas() -> Result<(), Error> {
    scoop::race!(asks(1), tells(2))?;
    Ok(())
}

#[saga]
async fn blocks() -> Result<(), Error> {
    scoop::race!(async { ask(1).await }, async { ask(2).await.map(|n| n.to_string()) })?;
    Ok(())
}

#[saga]
async fn both() -> Result<(), Error> {
    scoop::race!(tells(1), async { ask(2).await })?;
    Ok(())
}

#[saga]
async fn alone() -> Result<u32, Error> {
    scoop::race!(async { ask(1).await })
}

#[saga]
async fn nested() -> Result<u32, Error> {
    scoop::race!(scoop::race((asks(1), asks(2))), asks(3))
}

fn main() {}
