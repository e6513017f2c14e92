//! A part that was moved out is used after an await: the message is at the await that cannot save it.
use scoop::{Error, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Order {
    id: u32,
    items: Vec<u32>,
}

#[step(pivot)]
async fn charge(items: Vec<u32>) -> Result<u32, Error> {
    Ok(items[0])
}

#[saga]
async fn pay(order: Order) -> Result<usize, Error> {
    charge(order.items).await?;
    charge(vec![order.id]).await?;
    Ok(order.items.len())
}

fn main() {
    let _ = pay;
}
