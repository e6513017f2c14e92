//! Facts about a server that ends connections, is away, or only reads.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{brief, database, execute, open, raw};
use crate::protocol::commit::Committed;
use crate::store::conformance::sample::{claim, id, start, step, worker};
use crate::store::{Opening, PostgresStore, Store, StoreError};

/// What is temporary goes away by itself.
async fn patiently<T>(call: impl AsyncFn() -> Result<T, StoreError>) -> T {
    for _ in 0..20 {
        match call().await {
            Err(error) => assert!(error.is_temporary(), "{error:?}"),
            Ok(value) => return value,
        }
    }
    panic!("it did not go away");
}

const TERMINATE: &str = "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
    where datname = current_database() and pid <> pg_backend_pid()";

#[tokio::test]
async fn ended_connections_are_made_again() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for seq in 1..=5 {
        let commit = if seq == 1 { start(1) } else { step(1, seq) };
        let answers =
            patiently(async || store.commit(&fence, std::slice::from_ref(&commit)).await).await;
        assert_eq!(answers, [Committed::Stored]);
        patiently(async || store.heartbeat(&fence).await).await;
        assert!(patiently(async || store.run(id(1)).await).await.is_some());
        patiently(async || store.claim(&fence, &claim(1)).await).await;
        execute(&url, TERMINATE).await;
    }
    let rows = patiently(async || store.rows_before(id(1), None, 9).await).await;
    assert_eq!(rows.len(), 5);
}

#[tokio::test]
async fn a_server_that_only_reads_is_waited_for() {
    let url = database().await;
    let store = open(&url).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let database = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    execute(
        &url,
        &format!("alter database {database} set default_transaction_read_only = on"),
    )
    .await;
    execute(&url, TERMINATE).await;
    for _ in 0..3 {
        let error = store.commit(&fence, &[start(1)]).await.unwrap_err();
        assert!(error.is_temporary(), "{error:?}");
        let error = store.heartbeat(&fence).await.unwrap_err();
        assert!(error.is_temporary(), "{error:?}");
    }
    let mut connection = raw(&url).await;
    for sql in [
        "set default_transaction_read_only = off".to_owned(),
        format!("alter database {database} reset default_transaction_read_only"),
    ] {
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    execute(&url, TERMINATE).await;
    patiently(async || store.commit(&fence, &[start(1)]).await).await;
    patiently(async || store.heartbeat(&fence).await).await;
}

/// A port at which nobody listens any more.
async fn nobody() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up() {
    let url = format!("postgres://scoop@127.0.0.1:{}/db", nobody().await);
    let opening = Opening {
        patience: Duration::from_millis(500),
        ..Opening::default()
    };
    let began = Instant::now();
    let error = PostgresStore::open(&url, opening).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(
        began.elapsed() >= Duration::from_millis(100),
        "it tried again"
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// What fails is the same as with a certificate that nobody signed.
#[tokio::test]
async fn a_server_that_cannot_be_trusted_is_given_up_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 8];
            client.read_exact(&mut request).await.unwrap();
            // `S`: let us talk TLS. But this is not TLS.
            client.write_all(b"Sno handshake").await.unwrap();
            drop(client.read(&mut [0; 512]).await);
        }
    });
    let url = format!("postgres://scoop@127.0.0.1:{port}/db?sslmode=require");
    let error = PostgresStore::open(&url, Opening::default())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    assert!(
        error.to_string().contains("no encrypted connection"),
        "{error}"
    );
}

/// The port of the real server, behind one that nobody listens at for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_late_is_waited_for() {
    let url = database().await;
    let server = url
        .split('@')
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let port = nobody().await;
    let late = url.replace(&server, &format!("127.0.0.1:{port}"));
    assert!(
        PostgresStore::open(&late, brief()).await.is_err(),
        "nobody listens yet"
    );
    let opening = tokio::spawn(async move { PostgresStore::open(&late, Opening::default()).await });
    tokio::task::yield_now().await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(server).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            });
        }
    });
    opening.await.unwrap().unwrap();
}
