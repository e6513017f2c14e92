// mistakes: 2
//! What a function of a saga returns is kept over an await, and cannot be stored; and what it is given.

use scoop::{saga, step};

struct Guest {
    name: String,
}

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga(inline)]
async fn guest(n: u32) -> Guest {
    Guest {
        name: look(n).await.to_string(),
    }
}

#[saga(inline)]
async fn name(guest: Guest) -> String {
    guest.name
}

fn shout(guest: &Guest) -> String {
    guest.name.to_uppercase()
}

#[saga]
async fn trip(n: u32) -> String {
    let guest = guest(n).await;
    look(n).await;
    shout(&guest)
}

fn main() {}
