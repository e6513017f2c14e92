use scoop::prelude::*;
use scoop::Postgres;

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("sold out")]
struct SoldOut;

#[step(pivot)]
async fn reserve(one: &mut Tx<'_, Postgres>, two: &mut Tx<'_, Postgres>) -> Result<(), SoldOut> {
    drop((one, two));
    Ok(())
}

fn main() {}
