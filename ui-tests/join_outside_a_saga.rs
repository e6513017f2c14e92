//! `join!` in a function that is no saga.

use scoop::step;

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

async fn both() -> u32 {
    let (one, other) = scoop::join!(ask(1), ask(2));
    one + other
}

fn main() {
    drop(both());
}
