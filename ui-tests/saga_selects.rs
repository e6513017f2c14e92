//! `select!` in a saga.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> u32 {
    shop
}

#[saga]
async fn fastest() -> u32 {
    tokio::select! {
        one = ask(1) => one,
        other = ask(2) => other,
    }
}

fn main() {}
