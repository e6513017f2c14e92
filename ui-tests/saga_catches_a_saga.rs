//! A saga awaits a saga, and what becomes of it.

use scoop::{saga, step};

#[step(pivot)]
async fn look(n: u32) -> Result<u32, scoop::Error> {
    Ok(n)
}

#[saga]
async fn inner(n: u32) -> Result<u32, scoop::Error> {
    look(n).await
}

#[saga]
async fn outer(n: u32) -> Result<u32, scoop::Error> {
    if scoop::caught(inner(n)).await.is_err() {
        return look(n).await;
    }
    Ok(n)
}

fn main() {}
