// mistakes: 2
//! A forgotten `?`, a forgotten `.await`: as visible in a saga as anywhere. The patterns and the
//! shadowed names are no mistakes.
#![deny(warnings)]

use scoop::{Error, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Item {
    sku: String,
    count: u32,
}

#[step(pivot)]
async fn charge(count: u32) -> Result<u32, Error> {
    Ok(count)
}

#[saga]
async fn pay(items: Vec<Item>) -> Result<u32, Error> {
    let mut sum = 0;
    for Item { sku, count } in items {
        let count = match sku.len() {
            0 => charge(count).await?,
            _ => count,
        };
        sum += count;
    }
    charge(sum).await;
    charge(sum);
    Ok(sum)
}

fn main() {
    let _ = pay;
}
