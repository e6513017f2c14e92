//! A guard is held over an await.

use scoop::{saga, step};

static LOCK: std::sync::Mutex<u32> = std::sync::Mutex::new(0);

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let _guard = LOCK.lock();
    look(n).await
}

fn main() {}
