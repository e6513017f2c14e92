//! A resource is kept in a local over an await: it is provided, not stored.

use scoop::{Resource, saga, step};

#[derive(Clone)]
struct Desk(u32);

impl Desk {
    fn price(&self) -> u32 {
        self.0
    }
}

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(desk: Resource<Desk>) -> u32 {
    let other = desk.clone();
    let found = look(1).await;
    other.price() + found
}

fn main() {}
