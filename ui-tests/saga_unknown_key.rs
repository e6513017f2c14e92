// mistakes: 2
//! A misspelt key, and one that is for later.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga(nmae = "trips")]
async fn trip(n: u32) -> u32 {
    look(n).await
}

#[saga(alias = "old::tour")]
async fn tour(n: u32) -> u32 {
    look(n).await
}

fn main() {
    let _ = (trip(1), tour(2));
}
