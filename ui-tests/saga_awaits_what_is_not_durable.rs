//! A saga awaits an ordinary future.

use scoop::{saga, step};

async fn fetch(n: u32) -> u32 {
    n
}

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let found = fetch(n).await;
    look(found).await
}

fn main() {}
