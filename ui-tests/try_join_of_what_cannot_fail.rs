//! A step that cannot fail in `try_join!`.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

#[step(read_only)]
async fn look(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

#[saga]
async fn both() -> Result<u32, Error> {
    let (one, other) = scoop::try_join!(ask(1), look(2))?;
    Ok(one + other)
}

fn main() {}
