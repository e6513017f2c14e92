//! A saga awaits a saga.

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
    let first = inner(n).await;
    look(first.saturating_add(1)).await
}

fn main() {}
