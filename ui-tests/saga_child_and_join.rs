//! Child sagas and joins are not available yet.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn inner(n: u32) -> u32 {
    look(n).await
}

#[saga]
async fn outer(n: u32) -> u32 {
    let pair = join!(look(n), look(n));
    inner(n).await
}

fn main() {}
