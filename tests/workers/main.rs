//! Several workers on one database: what one leaves another finishes, and nobody does what another
//! has done. In real time.

#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used)]

mod cancel;
mod database;
mod deploy;
mod hints;
mod lives;
mod requeue;
mod sagas;
mod shared;

use std::time::Duration;

use scoop::{Connect, Scoop};

use self::sagas::World;

/// Long enough for a busy machine, short enough for a test.
const LEASE: Duration = Duration::from_secs(2);
/// After this a test has failed.
const LONG: Duration = Duration::from_secs(60);

fn connecting(url: &str, name: &str, world: &World) -> Connect {
    let connect = Scoop::connect(url).name(name).lease(LEASE);
    connect.provide(world.clone())
}

async fn worker(url: &str, name: &str, world: &World) -> Scoop {
    connecting(url, name, world).await.unwrap()
}

/// A process that starts runs, and runs nothing.
async fn client(url: &str, world: &World) -> Scoop {
    let connect = connecting(url, "client", world).worker(false);
    connect.await.unwrap()
}
