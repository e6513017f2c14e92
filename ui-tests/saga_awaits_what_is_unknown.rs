// mistakes: 2
//! A saga awaits what nobody knows, and calls a step with the wrong argument.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let found = loook(n).await;
    look(found).await
}

#[saga]
async fn tour(n: u32) -> u32 {
    look("n").await.max(n)
}

fn main() {}
