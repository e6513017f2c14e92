//! A resource with steps cannot be shared between threads.

use scoop::prelude::*;

struct Desk(std::cell::Cell<u32>);

#[scoop::resource]
impl Desk {
    #[step(read_only)]
    async fn look(&self, n: u32) -> u32 {
        self.0.get() + n
    }
}

fn main() {}
