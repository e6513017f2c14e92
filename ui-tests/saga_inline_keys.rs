// mistakes: 6
//! Keys that say something of runs, at functions that have none; and a label with a `/`.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga(inline, deadline = "2h")]
async fn one(n: u32) -> u32 {
    look(n).await
}

#[saga(name = "two", inline)]
async fn two(n: u32) -> u32 {
    look(n).await
}

#[saga(priority = 1, inline, queue = "mail")]
async fn three(n: u32) -> u32 {
    look(n).await
}

#[saga(inline = true)]
async fn four(n: u32) -> u32 {
    look(n).await
}

#[saga]
async fn five(n: u32) -> u32 {
    #[at("one/look")]
    let found = look(n).await;
    found + one(1).await + two(1).await + three(1).await + four(1).await
}

fn main() {}
