// mistakes: 5
//! A function of a saga is started, awaited outside of a saga, or where it would need a run of its own.

use scoop::{Scoop, saga, step};

#[step(read_only)]
async fn look(n: u32) -> Result<u32, scoop::Error> {
    Ok(n)
}

#[saga(inline)]
async fn twice(n: u32) -> Result<u32, scoop::Error> {
    Ok(look(n).await? + look(n).await?)
}

#[saga]
async fn beside() -> Result<u32, scoop::Error> {
    let (one, other) = scoop::join!(look(1), twice(2));
    Ok(one? + other?)
}

#[saga]
async fn caught() -> Result<u32, scoop::Error> {
    Ok(scoop::caught(twice(2)).await.unwrap_or(0))
}

#[saga]
async fn each() -> Result<usize, scoop::Error> {
    let all = scoop::map(vec![1, 2], twice).await;
    Ok(all.len())
}

fn started(scoop: &Scoop) {
    let _ = scoop.start(twice(2));
}

async fn awaited() {
    let _ = twice(2).await;
}

fn main() {}
