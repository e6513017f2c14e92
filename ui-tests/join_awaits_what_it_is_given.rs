//! An `.await` on an operation that is given to `join!`.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

#[saga]
async fn both() -> u32 {
    let (one, other) = scoop::join!(ask(1).await, ask(2));
    one + other
}

fn main() {}
