use scoop::prelude::*;
use scoop::Postgres;

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("sold out")]
struct SoldOut;

#[step(pivot)]
async fn reserve(seats: u32, tx: &Tx<'_, Postgres>) -> Result<(), SoldOut> {
    drop((seats, tx));
    Ok(())
}

fn main() {}
