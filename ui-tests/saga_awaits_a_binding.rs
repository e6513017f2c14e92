//! A saga awaits something that was called before.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let call = look(n);
    call.await
}

fn main() {}
