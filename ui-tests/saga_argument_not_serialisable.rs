// mistakes: 2
//! An argument and an output of a saga cannot be stored.

use scoop::saga;

struct Ticket;

#[saga]
async fn trip(ticket: Ticket) -> Result<Ticket, std::fmt::Error> {
    Ok(ticket)
}

fn main() {}
