//! A local that cannot be stored is needed after an await.

use scoop::{saga, step};

struct Connection {
    port: u32,
}

fn ping(connection: &Connection) -> u32 {
    connection.port
}

fn connect() -> Connection {
    Connection { port: 1 }
}

#[step(read_only)]
async fn look(n: u32) -> u32 {
    n
}

#[saga]
async fn trip(n: u32) -> u32 {
    let connection = connect();
    let found = look(n).await;
    found + ping(&connection)
}

fn main() {}
