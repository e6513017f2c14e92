//! The output of a step cannot go to another thread.

use scoop::step;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Ticket {
    #[serde(skip)]
    seat: std::marker::PhantomData<*const u8>,
}

#[step(read_only)]
async fn book(seat: u32) -> Ticket {
    let _ = seat;
    Ticket {
        seat: std::marker::PhantomData,
    }
}

fn main() {}
