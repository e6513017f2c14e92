//! A method that does not fit the step that it undoes.

use scoop::prelude::*;

struct Desk;

#[derive(Debug, thiserror::Error)]
#[error("sold out")]
struct SoldOut;

#[scoop::resource]
impl Desk {
    #[step(rollback = Self::cancel)]
    async fn book(&self, seats: u32) -> Result<String, SoldOut> {
        Ok(seats.to_string())
    }

    async fn cancel(&self, _ticket: String) -> Result<(), SoldOut> {
        Ok(())
    }
}

fn main() {}
