//! A plain future beside a step.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

async fn plain() -> u32 {
    7
}

#[saga]
async fn both() -> u32 {
    let (one, other) = scoop::join!(ask(1), plain());
    one + other
}

fn main() {}
