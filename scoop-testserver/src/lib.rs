//! A throw-away PostgreSQL server for tests and benchmarks: made in a temporary directory, and gone when
//! the process that started it is. `DATABASE_URL` names another one.

mod binaries;
mod cluster;
mod server;
mod user;

use std::io;
use std::sync::OnceLock;

pub use self::cluster::Sync;
pub use self::server::{Server, Shutdown};

/// The variable that names a server that is there already.
pub const VARIABLE: &str = "DATABASE_URL";

/// The URL of a server that the tests of this process may make databases on: that of `DATABASE_URL`, or
/// one that is started now and ends with this process.
///
/// # Panics
/// When there is no such variable and no server can be started: tests are never left out silently.
#[must_use]
pub fn url() -> &'static str {
    one(Sync::Off)
}

/// The same, for what is measured: a server that is started now has `fsync = on`.
///
/// # Panics
/// When there is no such variable and no server can be started.
#[must_use]
pub fn synced_url() -> &'static str {
    one(Sync::On)
}

/// The one of this process.
fn one(sync: Sync) -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static SERVER: OnceLock<Server> = OnceLock::new();
    URL.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(url) if !url.is_empty() => url,
        _ => {
            let server = Server::start(sync).unwrap_or_else(|error| panic!("{error}"));
            SERVER.get_or_init(|| server).url().to_owned()
        }
    })
}

fn trouble(message: impl Into<String>) -> io::Error {
    io::Error::other(message.into())
}
