// mistakes: 4
//! Awaits in a closure, an async block, a macro and a match guard, all told at once.

use scoop::{saga, step};

macro_rules! twice {
    ($e:expr) => {
        $e + $e
    };
}

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let closure = async |n: u32| look(n).await;
    let block = async { look(n).await };
    let doubled = twice!(look(n).await);
    match n {
        0 if look(n).await == 1 => 1,
        _ => doubled,
    }
}

fn main() {}
