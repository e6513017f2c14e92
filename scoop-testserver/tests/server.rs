//! The server starts, and is gone afterwards.

#![allow(clippy::unwrap_used)]

use std::net::TcpStream;

use scoop_testserver::Server;

#[test]
fn a_server_lives_as_long_as_its_value() {
    let server = Server::start().unwrap();
    let port: u16 = server
        .url()
        .rsplit([':', '/'])
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
