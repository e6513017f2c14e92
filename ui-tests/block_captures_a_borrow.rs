//! An `async` block that uses a reference into what is only there now.

use scoop::{Error, saga, step};

#[step(read_only)]
async fn look(name: &str) -> Result<u32, Error> {
    Ok(name.len() as u32)
}

#[saga]
async fn trip(names: Vec<String>) -> Result<u32, Error> {
    let Some(first) = names.first() else {
        return Ok(0);
    };
    let (one, other) = scoop::try_join!(async { look(first).await }, look("it"))?;
    Ok(one + other)
}

fn main() {}
