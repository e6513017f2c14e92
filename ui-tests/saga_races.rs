// mistakes: 4
//! A saga awaits several things at once: not available yet.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    scoop::join!(look(n), look(n));
    let pair = join!(look(n), look(n));
    let first = scoop::race!(look(n), scoop::sleep(std::time::Duration::ZERO));
    tokio::select! {
        found = look(n) => found,
    }
}

fn main() {}
