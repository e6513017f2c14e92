//! Many do the same at once, each again and again, for a while.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::spread::Spread;

/// How long one took, of all that were begun within this time.
pub(crate) async fn crowd<F, O>(concurrency: u32, length: Duration, one: F) -> Result<Spread>
where
    F: Fn() -> O + Clone + Send + 'static,
    O: Future<Output = Result<()>> + Send,
{
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..concurrency {
        let one = one.clone();
        tasks.spawn(async move {
            let mut spread = Spread::new();
            while began.elapsed() < length {
                let started = Instant::now();
                one().await?;
                spread.add(started.elapsed());
            }
            anyhow::Ok(spread)
        });
    }
    let mut all = Spread::new();
    while let Some(one) = tasks.join_next().await {
        all.join(&one??);
    }
    Ok(all)
}
