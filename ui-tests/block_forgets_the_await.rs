// mistakes: 4
//! A step or a saga at the end of an `async` block that nobody awaits.

use scoop::{Error, Resource, resource, saga, step};

#[step(read_only)]
async fn ask(shop: u32) -> Result<u32, Error> {
    Ok(shop)
}

pub struct Desk;

#[resource]
impl Desk {
    #[step(read_only)]
    async fn look(&self, shop: u32) -> Result<u32, Error> {
        Ok(shop)
    }

    #[saga]
    async fn method(&self) -> Result<u32, Error> {
        scoop::race!(async { self.look(1) }, async { self.look(2).await })
    }
}

#[saga]
async fn race() -> Result<u32, Error> {
    scoop::race!(async { ask(1) }, async { ask(2).await })
}

#[saga]
async fn join(desk: Resource<Desk>) -> Result<u32, Error> {
    let (one, other) = scoop::try_join!(
        async { race() },
        async {
            ask(2).await?;
            desk.look(1)
        },
    )?;
    Ok(one + other)
}

fn main() {}
