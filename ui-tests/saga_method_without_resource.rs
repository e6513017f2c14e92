//! A saga takes `&self`, and nobody says what `Self` is.

use scoop::{saga, step};

struct Desk;

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

impl Desk {
    #[saga]
    async fn trip(&self, n: u32) -> u32 {
        look(n).await
    }
}

fn main() {}
