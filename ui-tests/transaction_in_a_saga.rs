use scoop::prelude::*;
use scoop::Postgres;

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("sold out")]
struct SoldOut;

#[saga]
async fn order(seats: u32, tx: &mut Tx<'_, Postgres>) -> Result<(), SoldOut> {
    drop((seats, tx));
    Ok(())
}

fn main() {}
