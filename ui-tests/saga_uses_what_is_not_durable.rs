//! A saga awaits an ordinary future, and goes on with its value.

use scoop::{saga, step};

async fn fetch(n: u32) -> Result<Vec<String>, std::io::Error> {
    Ok(vec![n.to_string()])
}

#[step(pivot)]
async fn look(found: &str) -> Result<u32, scoop::Error> {
    Ok(found.parse()?)
}

#[saga]
async fn trip(n: u32) -> Result<u32, scoop::Error> {
    let mut sum = 0;
    for found in fetch(n).await?.iter().map(|each| each.trim().to_owned()) {
        sum += look(&found).await?;
    }
    Ok(sum)
}

fn main() {}
