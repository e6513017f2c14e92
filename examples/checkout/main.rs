//! A shop: orders as JSON lines, 64 at a time; some fail on purpose and are undone. It may be killed
//! and started again at will: `cargo run --example checkout -- examples/data/orders.jsonl`. Start
//! it several times at once, each with a `--worker` name of its own, and they share the work.

mod books;
mod database;
mod order;
mod provider;
mod shop;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use scoop::{RunFilter, RunStatus, SagaError, Scoop};

use self::books::Books;
use self::database::Database;
use self::order::{Order, OrderError};
use self::provider::Provider;
use self::shop::checkout;
use self::told::told_to_end;

const AT_ONCE: usize = 64;
/// The database, where `DATABASE_URL` names none.
const DATA: &str = "target/checkout-db";
const USAGE: &str = "usage: checkout [orders.jsonl | -] [--worker name] [--lease seconds]";

type Ended = Result<i64, SagaError<OrderError>>;

/// What the command line says.
struct Arguments {
    orders: Option<String>,
    worker: String,
    lease: Duration,
}

impl Arguments {
    fn read() -> anyhow::Result<Self> {
        let mut read = Self {
            orders: None,
            worker: "shop".to_owned(),
            lease: Duration::from_secs(10),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--worker" => read.worker = words.next().context(USAGE)?,
                "--lease" => {
                    let seconds = words.next().and_then(|word| word.parse().ok());
                    read.lease = Duration::from_secs(seconds.context(USAGE)?);
                }
                flag if flag.starts_with("--") => bail!(USAGE),
                path => read.orders = Some(path.to_owned()),
            }
        }
        Ok(read)
    }

    /// One order a line, from the file that is named, or from the standard input.
    fn orders(&self) -> anyhow::Result<Vec<Order>> {
        let text = match self.orders.as_deref() {
            None | Some("-") => std::io::read_to_string(std::io::stdin())?,
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))?
            }
        };
        let lines = (1..).zip(text.lines());
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let orders = lines.map(|(number, line)| {
            serde_json::from_str(line).with_context(|| format!("line {number}"))
        });
        orders.collect()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read()?;
    let orders = arguments.orders()?;
    let database = Database::open(DATA)?;
    let pool = database::connect(database.url()).await?;
    database::make_tables(&pool).await?;
    let scoop = Scoop::connect(database.url())
        .name(&arguments.worker)
        .lease(arguments.lease)
        .provide(Provider(database::connect(database.url()).await?))
        .await?;
    let (ends, books) = tokio::select! {
        done = work(&scoop, &pool, orders) => done?,
        told = told_to_end() => {
            told?;
            scoop.shutdown().await;
            println!("stopped; other processes go on with what was under way");
            return Ok(());
        }
    };
    scoop.shutdown().await;
    let trouble = print(&ends);
    println!("{books}");
    ensure!(trouble == 0, "{trouble} orders are in trouble");
    ensure!(books.balance(), "the books do not balance");
    println!("the books balance");
    Ok(())
}

/// Runs all orders, and waits for what others have not ended, until the books are settled.
async fn work(
    scoop: &Scoop,
    pool: &sqlx::PgPool,
    orders: Vec<Order>,
) -> anyhow::Result<(Vec<Ended>, Books)> {
    let mut ends = all(scoop, orders).await?;
    loop {
        let books = Books::read(pool).await?;
        let left = what_is_left(scoop).await?;
        // Other processes may have been in the middle of something.
        let is_quiet = left.is_empty() && books == Books::read(pool).await?;
        ends.extend(left);
        if books.balance() || is_quiet {
            return Ok((ends, books));
        }
    }
}

/// Runs all orders, 64 at a time. Ends early when this worker cannot go on.
async fn all(scoop: &Scoop, orders: Vec<Order>) -> anyhow::Result<Vec<Ended>> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} orders, {eta} left")?;
    let bar = ProgressBar::new(orders.len() as u64).with_style(style);
    let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut running = tokio::task::JoinSet::new();
    let mut ends = Vec::new();
    for order in orders {
        let place = Arc::clone(&places).acquire_owned().await?;
        let (scoop, bar) = (scoop.clone(), bar.clone());
        running.spawn(async move {
            let ended = run(&scoop, order).await;
            bar.inc(1);
            drop(place);
            ended
        });
        while let Some(ended) = running.try_join_next() {
            ends.push(judged(ended?)?);
        }
    }
    while let Some(ended) = running.join_next().await {
        ends.push(judged(ended?)?);
    }
    bar.finish_and_clear();
    Ok(ends)
}

/// Starts an order under its own id, so that one that is known is not done again, by whichever
/// process, and waits for its end.
async fn run(scoop: &Scoop, order: Order) -> Ended {
    let id = order.id.clone();
    let handle = scoop.start(checkout(order)).id(id).await?;
    handle.wait().await
}

/// Trouble with the database or with this worker is not how an order ends.
fn judged(ended: Ended) -> anyhow::Result<Ended> {
    match ended {
        Err(error) if error.is_infrastructure() => {
            Err(error).context("this worker stops; start it again, and it goes on")
        }
        ended => Ok(ended),
    }
}

/// Waits for orders of earlier lives that are not in this file: the books balance when all is done.
async fn what_is_left(scoop: &Scoop) -> anyhow::Result<Vec<Ended>> {
    let mut left = RunFilter {
        saga: Some("checkout".to_owned()),
        status: vec![RunStatus::Running, RunStatus::RollingBack],
        ..RunFilter::default()
    };
    let mut ends = Vec::new();
    loop {
        let runs = scoop.admin().list(&left).await?;
        let Some(last) = runs.last() else {
            return Ok(ends);
        };
        left.after = Some(last.id);
        for run in runs {
            ends.push(judged(scoop.handle(checkout, run.id).wait().await)?);
        }
    }
}

/// Prints how the orders ended; how many are in trouble.
fn print(ends: &[Ended]) -> usize {
    let shipped = ends.iter().filter(|ended| ended.is_ok()).count();
    let mut undone = BTreeMap::<&str, u32>::new();
    let mut trouble = 0;
    for error in ends.iter().filter_map(|ended| ended.as_ref().err()) {
        let why = match error.error() {
            Some(OrderError::SoldOut { .. }) => "sold out",
            Some(OrderError::NotPaid { .. }) => "not paid",
            Some(OrderError::NoDelivery { .. }) => "not delivered",
            _ => "for other reasons",
        };
        if error.is_stuck() {
            trouble += 1;
            eprintln!("{error:?}");
        } else {
            *undone.entry(why).or_default() += 1;
        }
    }
    let failed: u32 = undone.values().sum();
    let reasons = undone.iter().map(|(why, count)| format!("{count} {why}"));
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    println!("{shipped} shipped, {failed} failed and undone, {trouble} in trouble");
    if failed > 0 {
        println!("failed: {reasons}");
    }
    trouble
}
