//! Facts about a proxy that pools transactions, as PgBouncer does: a small one, which gives a client
//! the connection that was used last, for one transaction.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::database;
use crate::protocol::commit::Committed;
use crate::store::conformance::sample::{claim, id, start, step, worker};
use crate::store::{Opening, PostgresStore, Store as _};

#[derive(Clone)]
struct Proxy {
    server: String,
    pool: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A proxy in front of the server of this URL; its own URL.
    async fn before(url: &str) -> String {
        let server = url.split('@').nth(1).unwrap().split('/').next().unwrap();
        let proxy = Self {
            server: server.to_owned(),
            pool: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = proxy.clone();
                tokio::spawn(async move { drop(proxy.serve(client).await) });
            }
        });
        url.replace(server, &address)
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut startup = body(&mut client).await?;
        if startup[4..8] == 80_877_103_u32.to_be_bytes() {
            client.write_all(b"N").await?;
            startup = body(&mut client).await?;
        }
        let (server, greeting) = self.connect(&startup).await?;
        self.pool.lock().unwrap().push(server);
        client.write_all(&greeting).await?;
        loop {
            let mut message = message(&mut client).await?;
            let free = self.pool.lock().unwrap().pop();
            let mut server = match free {
                Some(server) => server,
                None => self.connect(&startup).await?.0,
            };
            loop {
                match message[0] {
                    b'X' => return Ok(()),
                    b'S' | b'Q' => {
                        server.write_all(&message).await?;
                        let (answer, idle) = until_ready(&mut server).await?;
                        client.write_all(&answer).await?;
                        if idle {
                            break;
                        }
                    }
                    _ => server.write_all(&message).await?,
                }
                message = self::message(&mut client).await?;
            }
            self.pool.lock().unwrap().push(server);
        }
    }

    async fn connect(&self, startup: &[u8]) -> io::Result<(TcpStream, Vec<u8>)> {
        let mut server = TcpStream::connect(&self.server).await?;
        server.set_nodelay(true)?;
        server.write_all(startup).await?;
        let (greeting, _) = until_ready(&mut server).await?;
        Ok((server, greeting))
    }
}

/// A length and that many bytes, the length's own among them.
async fn body(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.resize(length as usize, 0);
    stream.read_exact(&mut bytes[4..]).await?;
    Ok(bytes)
}

async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![stream.read_u8().await?];
    bytes.extend(body(stream).await?);
    Ok(bytes)
}

/// All that the server says until it is ready, and whether it is in no transaction then.
async fn until_ready(server: &mut TcpStream) -> io::Result<(Vec<u8>, bool)> {
    let mut all = Vec::new();
    loop {
        let message = message(server).await?;
        all.extend(&message);
        if message[0] == b'Z' {
            return Ok((all, message[5] == b'I'));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_a_proxy_that_pools_transactions() {
    const TASKS: u128 = 8;
    let url = database().await;
    let proxied = Proxy::before(&url).await;
    // Made before: a connection to the proxy makes one of the server that was used by nobody.
    let mut connection = super::raw(&proxied).await;
    let open = async || {
        PostgresStore::open(&proxied, Opening::default())
            .await
            .unwrap()
    };
    let stores = [Arc::new(open().await), Arc::new(open().await)];
    let tasks = (1..=TASKS).map(|run| {
        let store = Arc::clone(&stores[usize::from(run % 2 == 0)]);
        tokio::spawn(async move {
            let fence = store.attach(&worker(&format!("w{run}"))).await.unwrap();
            for seq in 1..=10 {
                let commit = if seq == 1 { start(run) } else { step(run, seq) };
                let answers = store.commit(&fence, &[commit]).await.unwrap();
                assert_eq!(answers, [Committed::Stored]);
                store.heartbeat(&fence).await.unwrap();
                assert_eq!(store.run(id(run)).await.unwrap().unwrap().seq.0, seq);
                assert_eq!(store.claim(&fence, &claim(9)).await.unwrap(), []);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for store in stores {
        store.close().await;
    }
    let store = open().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let claimed = store.claim(&fence, &claim(99)).await.unwrap();
    assert_eq!(claimed.len() as u128, TASKS);
    // A name is alive behind a proxy for as long as its lease is, whatever became of a connection.
    assert!(open().await.attach(&worker("w")).await.is_err());
    // What belongs to a connection of the server is nobody's to change.
    let mode: String =
        sqlx::query_scalar("select setting from pg_settings where name = 'plan_cache_mode'")
            .persistent(false)
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(mode, "auto");
}
