// mistakes: 5
//! A deadline that is no duration, one that is no text, and a misspelt one; the same for the way back.

use scoop::{saga, step};

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga(deadline = "soon")]
async fn trip(n: u32) -> u32 {
    look(n).await
}

#[saga(deadline = 7200)]
async fn tour(n: u32) -> u32 {
    look(n).await
}

#[saga(dedline = "2h")]
async fn walk(n: u32) -> u32 {
    look(n).await
}

#[saga(rollback_deadline = "0s")]
async fn ride(n: u32) -> u32 {
    look(n).await
}

#[saga(rollback_deadline)]
async fn sail(n: u32) -> u32 {
    look(n).await
}

fn main() {
    let _ = (trip(1), tour(2), walk(3), ride(4), sail(5));
}
