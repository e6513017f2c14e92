//! A `?` that is forgotten in an `async` block.
#![deny(unused_must_use)]

use scoop::{Error, saga, step};

#[step(read_only)]
async fn look(n: u32) -> Result<u32, Error> {
    Ok(n)
}

#[saga]
async fn trip() -> Result<u32, Error> {
    let (one, other) = scoop::try_join!(
        async {
            look(1).await;
            look(2).await
        },
        look(3),
    )?;
    Ok(one + other)
}

fn main() {}
