// mistakes: 2
//! Steps in `race!`, and one beside a block.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

#[saga]
async fn fastest() -> u32 {
    scoop::race!(ask(1), ask(2))
}

#[saga]
async fn beside_a_block() -> u32 {
    scoop::race!(async { ask(1).await }, ask(2))
}

fn main() {}
