//! What goes wrong around a saga: crashes between two commits, a store that is away, lost answers,
//! bad rows, a worker that was declared dead.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod crash;
mod lease;
mod sagas;
mod step;
mod store;

use std::sync::Arc;
use std::time::Duration;

use scoop::Scoop;
use scoop::testing::Store;

use self::sagas::World;
use self::support::connecting;

const LONG: Duration = Duration::from_secs(600);

async fn connect(store: Arc<dyn Store>, world: &World) -> Scoop {
    connecting(store).provide(world.clone()).await.unwrap()
}
