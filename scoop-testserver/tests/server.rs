//! The server starts, is gone afterwards, and can be restarted; what is to stay stays.

#![allow(clippy::unwrap_used)]

use std::net::TcpStream;

use scoop_testserver::{Server, Shutdown, Sync};

#[test]
fn a_server_lives_as_long_as_its_value() {
    let server = Server::start(Sync::On).unwrap();
    let port = port(&server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_server_that_is_restarted_is_where_it_was() {
    let mut server = Server::start(Sync::On).unwrap();
    let port = port(&server);
    for how in [Shutdown::Fast, Shutdown::Immediate] {
        server.restart(how).unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    }
}

#[test]
fn a_server_that_is_kept_goes_on_where_it_was() {
    let name = format!("scoop-kept-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    let cluster = directory.join("data/global/pg_control");
    let made = || std::fs::metadata(&cluster).unwrap().created().unwrap();
    drop(Server::keeping(&directory).unwrap());
    let first = made();
    let server = Server::keeping(&directory).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port(&server))).is_ok());
    drop(server);
    assert_eq!(made(), first, "the cluster was made again");
    std::fs::remove_dir_all(&directory).unwrap();
}

fn port(server: &Server) -> u16 {
    let port = server.url().rsplit([':', '/']).nth(1);
    port.unwrap().parse().unwrap()
}
