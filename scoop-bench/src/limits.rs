//! What the database can do without us: rows of 200 bytes, one a commit from several clients, and
//! many a commit from one or two writers that take whatever queued while they were writing.

use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{Connection as _, Executor as _, Postgres};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::place;
use crate::spread::Spread;

/// How many clients write single rows; the best of them counts.
pub(crate) const CLIENTS: [u32; 4] = [1, 8, 32, 64];
/// The names of what they do.
pub(crate) const SINGLE: [&str; CLIENTS.len()] = [
    "single_row_commits_per_second_of_1",
    "single_row_commits_per_second_of_8",
    "single_row_commits_per_second_of_32",
    "single_row_commits_per_second_of_64",
];
/// With the header of a row, its key and the length of the value, 200 bytes.
const VALUE: usize = 148;
/// As many as the engine's writer takes.
const MOST_IN_A_BATCH: usize = 512;

const TABLE: &str = "create table if not exists limits \
    (run uuid not null, seq bigint not null, value bytea not null, primary key (run, seq))";
const ONE: &str = "insert into limits (run, seq, value) values ($1, $2, $3)";
const MANY: &str = "insert into limits (run, seq, value) \
    select * from unnest($1::uuid[], $2::bigint[], $3::bytea[])";

/// A rate, and how long one row took.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) spread: Spread,
}

impl Rate {
    fn new(spread: Spread, elapsed: Duration) -> Self {
        Self {
            per_second: spread.per_second(elapsed),
            spread,
        }
    }
}

pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<()> {
    connection.execute(TABLE).await?;
    Ok(())
}

/// How a row is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// By its own statement.
    Alone,
    /// `begin`, the statement, `commit`: as by a function that may have more to write.
    InTransaction,
}

/// One row a commit, by so many clients, each on a connection of its own.
pub(crate) async fn single(url: &str, clients: u32, length: Duration, how: How) -> Result<Rate> {
    let mut connections = Vec::new();
    for _ in 0..clients {
        let mut connection = place::connect(url).await?;
        insert(&mut connection, Uuid::now_v7(), 0, how).await?;
        connections.push(connection);
    }
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for mut connection in connections {
        tasks.spawn(async move {
            let (run, mut spread, mut seq) = (Uuid::now_v7(), Spread::new(), 0);
            while began.elapsed() < length {
                let sent = Instant::now();
                seq += 1;
                insert(&mut connection, run, seq, how).await?;
                spread.add(sent.elapsed());
            }
            connection.close().await?;
            anyhow::Ok(spread)
        });
    }
    Ok(Rate::new(joined(tasks).await?, began.elapsed()))
}

async fn insert(connection: &mut PgConnection, run: Uuid, seq: i64, how: How) -> Result<()> {
    match how {
        How::Alone => {
            one(run, seq).execute(connection).await?;
        }
        How::InTransaction => {
            let mut transaction = connection.begin().await?;
            one(run, seq).execute(&mut *transaction).await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// Inserts a row.
pub(crate) fn one(run: Uuid, seq: i64) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(ONE)
        .bind(run)
        .bind(seq)
        .bind(&[7_u8; VALUE][..])
}

struct Row {
    run: Uuid,
    seq: i64,
    value: Vec<u8>,
    written: oneshot::Sender<()>,
}

/// Many rows a commit, by so many writers; so many producers each wait for their row.
pub(crate) async fn batched(
    url: &str,
    writers: u32,
    producers: u32,
    length: Duration,
) -> Result<Rate> {
    let (mut senders, mut written) = (Vec::new(), JoinSet::new());
    for _ in 0..writers {
        let (sender, rows) = mpsc::unbounded_channel();
        written.spawn(write(place::connect(url).await?, rows));
        senders.push(sender);
    }
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for (_, sender) in (0..producers).zip(senders.iter().cycle()) {
        let sender = sender.clone();
        tasks.spawn(async move {
            let (run, mut spread, mut seq) = (Uuid::now_v7(), Spread::new(), 0);
            while began.elapsed() < length {
                let sent = Instant::now();
                seq += 1;
                let (written, answer) = oneshot::channel();
                let value = vec![7; VALUE];
                let row = Row {
                    run,
                    seq,
                    value,
                    written,
                };
                if sender.send(row).is_err() || answer.await.is_err() {
                    // The writer knows why.
                    break;
                }
                spread.add(sent.elapsed());
            }
            Ok(spread)
        });
    }
    drop(senders);
    let rate = Rate::new(joined(tasks).await?, began.elapsed());
    while let Some(writer) = written.join_next().await {
        writer??;
    }
    Ok(rate)
}

async fn write(
    mut connection: PgConnection,
    mut queue: mpsc::UnboundedReceiver<Row>,
) -> Result<()> {
    let mut rows = Vec::new();
    while queue.recv_many(&mut rows, MOST_IN_A_BATCH).await > 0 {
        let runs: Vec<Uuid> = rows.iter().map(|row| row.run).collect();
        let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        let values: Vec<&[u8]> = rows.iter().map(|row| &*row.value).collect();
        let statement = sqlx::query(MANY).bind(runs).bind(seqs).bind(values);
        statement.execute(&mut connection).await?;
        for row in rows.drain(..) {
            let _ = row.written.send(());
        }
    }
    Ok(connection.close().await?)
}

async fn joined(mut tasks: JoinSet<Result<Spread>>) -> Result<Spread> {
    let mut all = Spread::new();
    while let Some(one) = tasks.join_next().await {
        all.join(&one??);
    }
    Ok(all)
}
