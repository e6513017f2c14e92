// mistakes: 2
//! The value of an `async` block is not what is wanted of it, with proposals where they belong.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn option() -> Result<u32, Error> {
    scoop::race!(async { ask(1).await }, async {
        let _ = ask(2).await;
        None
    })
}

#[saga]
async fn unwrapped() -> Result<u32, Error> {
    let n = scoop::race!(async { ask(1).await }, async { ask(2).await.unwrap_or(3) })?;
    Ok(n)
}

fn main() {}
