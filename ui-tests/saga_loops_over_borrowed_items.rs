//! A `for` loop over an iterator that borrows, and cannot be positioned again.
use scoop::{Error, saga, step};

#[step(pivot)]
async fn charge(count: &u32) -> Result<u32, Error> {
    Ok(*count)
}

#[saga]
async fn pay(counts: Vec<u32>) -> Result<(), Error> {
    for count in counts.iter().filter(|count| **count > 1) {
        charge(count).await?;
    }
    Ok(())
}

fn main() {
    let _ = pay;
}
