// mistakes: 2
//! A loop over a hash map holds an await.

use scoop::{saga, step};

use std::collections::HashMap;

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(seats: HashMap<String, u32>) -> u32 {
    let mut sum = 0;
    for seat in seats.values() {
        sum += look(*seat).await;
    }
    for (_, seat) in &seats {
        sum += look(*seat).await;
    }
    sum
}

fn main() {}
