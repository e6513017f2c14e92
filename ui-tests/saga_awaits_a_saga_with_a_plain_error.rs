// mistakes: 2
//! A saga awaits a saga whose error cannot be stored.

use scoop::{saga, step};

#[derive(Debug, thiserror::Error)]
#[error("no")]
struct No;

#[step(read_only)]
async fn look(n: u32) -> Result<u32, No> {
    Ok(n)
}

#[saga]
async fn inner(n: u32) -> Result<u32, No> {
    look(n).await
}

#[saga]
async fn outer(n: u32) -> Result<u32, No> {
    let first = inner(n).await?;
    look(first.saturating_add(1)).await
}

#[saga]
async fn careful(n: u32) -> Result<u32, No> {
    if scoop::caught(inner(n)).await.is_err() {
        return look(n).await;
    }
    Ok(n)
}

fn main() {}
