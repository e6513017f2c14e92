// mistakes: 2
//! An `async` block that captures, and one that gives back, what cannot be stored.

use scoop::{Error, saga, step};

struct Socket(u32);

#[step(read_only)]
async fn look(n: u32) -> Result<u32, Error> {
    Ok(n)
}

#[saga]
async fn trip() -> Result<u32, Error> {
    let socket = Socket(1);
    let (one, other) = scoop::try_join!(
        async { look(socket.0).await },
        async { Ok::<_, Error>(Socket(look(2).await?)) },
    )?;
    Ok(one + other.0)
}

fn main() {}
