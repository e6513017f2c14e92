//! Steps in `race!`.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

#[saga]
async fn fastest() -> u32 {
    scoop::race!(ask(1), ask(2))
}

fn main() {}
