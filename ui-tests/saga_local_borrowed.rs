//! A borrow made by a method is needed after an await.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(name: String) -> usize {
    let first = name.trim();
    look(1).await;
    first.len()
}

fn main() {}
