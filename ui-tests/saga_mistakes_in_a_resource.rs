// mistakes: 4
//! Sagas that are methods, each with a mistake; who calls them hears nothing of it.

use scoop::{Resource, SagaError, saga, step};

struct Desk;

#[scoop::resource]
impl Desk {
    #[step(read_only)]
    async fn look(&self, n: u32) -> u32 {
        n
    }

    #[saga]
    fn not_async(&self, n: u32) -> u32 {
        self.look(n).await
    }

    #[saga]
    async fn takes_self(self, n: u32) -> u32 {
        self.look(n).await
    }

    #[saga]
    async fn borrows_a_resource(&self, other: &Resource<u32>) -> u32 {
        self.look(**other).await
    }

    #[saga]
    async fn assigns_a_resource(&self, mut other: Resource<u32>) -> u32 {
        other = Resource::new(3);
        self.look(*other).await
    }
}

async fn callers_hear_nothing_of_it(desk: &Desk) -> Result<u32, SagaError<scoop::Never>> {
    desk.not_async(1).await
}

fn main() {}
