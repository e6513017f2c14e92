// mistakes: 3
use scoop::prelude::*;

#[step(read_only)]
struct Trip;

#[scoop::resource]
struct Airline;

trait Booking {
    #[step(read_only)]
    async fn find_flight(&self);
}

fn main() {}
