// mistakes: 3
//! `async` blocks for each of many items, awaited by themselves, and in locals.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn look(n: u32) -> Result<u32, Error> {
    Ok(n)
}

#[saga]
async fn trip(items: Vec<u32>) -> Result<u32, Error> {
    let limit = std::time::Duration::from_secs(60);
    let first = scoop::timeout(limit, async { look(1).await }).await??;
    let all = scoop::try_map(&items, |item| async move { look(*item).await }).await?;
    let one = async { look(3).await }.await?;
    let block = async { look(4).await };
    let (last, other) = scoop::try_join!(block, look(5))?;
    Ok(first + one + last + other + all[0])
}

fn main() {}
