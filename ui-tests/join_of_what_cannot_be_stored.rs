//! A step beside another one whose error cannot be stored.

use scoop::{saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, std::io::Error> {
    Ok(shop)
}

#[saga]
async fn both() -> Result<u32, std::io::Error> {
    let (one, other) = scoop::join!(ask(1), ask(2));
    Ok(one? + other?)
}

fn main() {}
