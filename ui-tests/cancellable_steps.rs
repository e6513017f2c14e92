// mistakes: 4
use scoop::prelude::*;

#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Refused;

#[step(pivot, cancellable)]
async fn pay() -> Result<(), Refused> {
    Ok(())
}

#[step(retriable, cancellable)]
async fn send() -> Result<(), Refused> {
    Ok(())
}

#[step(read_only, blocking, cancellable)]
fn look() -> u32 {
    1
}

#[step(read_only, cancellable = "yes")]
async fn read() -> u32 {
    1
}

fn main() {}
