// mistakes: 3
//! Arguments of sagas cannot be stored, and are needed whole after an await.

use scoop::{saga, step};

struct Ticket(u32);

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn takes_apart(ticket: Ticket) -> u32 {
    look(1).await;
    let Ticket(seat) = ticket;
    seat
}

#[saga]
async fn gives_away(ticket: Ticket, again: bool) -> u32 {
    if again {
        look(1).await;
    }
    for _ in 0..2 {
        look(2).await;
    }
    use_up(ticket)
}

#[saga]
async fn borrows(ticket: &Ticket) -> u32 {
    look(1).await;
    ticket.seat()
}

impl Ticket {
    const fn seat(&self) -> u32 {
        self.0
    }
}

fn use_up(ticket: Ticket) -> u32 {
    ticket.0
}

fn main() {}
