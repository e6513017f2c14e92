//! A throw-away PostgreSQL server for tests and benchmarks: made in a temporary directory, with
//! `fsync = on`, and gone when the process that started it is. `DATABASE_URL` names another one.

mod binaries;
mod cluster;
mod server;
mod user;

use std::io;
use std::sync::OnceLock;

pub use self::server::{Server, Shutdown};

/// The variable that names a server that is there already.
pub const VARIABLE: &str = "DATABASE_URL";

/// The URL of a server that this process may make databases on: that of `DATABASE_URL`, or one
/// that is started now and ends with this process.
///
/// # Panics
/// When there is no such variable and no server can be started: tests are never left out silently.
#[must_use]
pub fn url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    static SERVER: OnceLock<Server> = OnceLock::new();
    URL.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(url) if !url.is_empty() => url,
        _ => {
            let server = Server::start().unwrap_or_else(|error| panic!("{error}"));
            SERVER.get_or_init(|| server).url().to_owned()
        }
    })
}

fn trouble(message: impl Into<String>) -> io::Error {
    io::Error::other(message.into())
}
