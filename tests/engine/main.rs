//! The engine on every store: what runs, what is undone, what is refused.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod all;
mod back;
mod cancel;
mod child;
mod deadline;
mod dropped;
mod find;
mod forward;
mod inspect;
mod operator;
mod requeue;
mod sagas;
mod start;
mod turned;
mod verbs;

use std::sync::Arc;

use scoop::Scoop;
use scoop::testing::Store;

use self::sagas::World;
use self::support::connecting;

async fn connect(store: Arc<dyn Store>, world: &World) -> Scoop {
    connecting(store).provide(world.clone()).await.unwrap()
}
