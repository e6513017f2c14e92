//! An argument of a saga cannot be stored, and is needed after an await.

use scoop::{saga, step};

struct Ticket(u32);

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(ticket: Ticket) -> u32 {
    look(1).await;
    ticket.0
}

fn main() {}
