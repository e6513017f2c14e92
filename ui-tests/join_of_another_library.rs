//! A join of futures, which nobody can store.
// mistakes: 1

use scoop::{Error, saga, step};

#[step(read_only)]
async fn look(shop: &str) -> Result<u32, Error> {
    Ok(shop.len() as u32)
}

#[saga]
async fn compare(one: String, other: String) -> Result<u32, Error> {
    let (one, other) = tokio::try_join!(look(&one), look(&other))?;
    Ok(one.min(other))
}

fn main() {}
