//! The process that starts the workers and the orders, does to the workers what is to be done to them,
//! shows what becomes of it, and reads the books in the end.

use std::time::{Duration, Instant, SystemTime};

use anyhow::ensure;
use scoop::{RunStatus, Scoop};

use super::arguments::Arguments;
use super::books::Books;
use super::chance::Chance;
use super::database::{self, Database};
use super::fleet::{Count, Fleet};
use super::load;
use super::overview::{Overview, Screen, each};
use super::provider::Provider;

const DATA: &str = "target/workers-db";
/// How long the last runs may take when nobody disturbs the workers any more.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn watch(arguments: &Arguments) -> anyhow::Result<()> {
    let database = Database::open(DATA)?;
    let url = database.url();
    let pool = database::connect(url).await?;
    database::make_tables(&pool).await?;
    let provider = Provider(database::connect(url).await?);
    let scoop = Scoop::connect(url).worker(false).provide(provider).await?;
    let mut fleet = Fleet::start(url, arguments.lease())?;
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let prefix = format!("{}/", started.as_millis());
    let orders = load::orders(arguments.orders, &prefix)?;
    let load = tokio::spawn(load::start(scoop.clone(), orders, arguments.within * 4 / 5));
    let began = Instant::now();
    disturbed(arguments, &scoop, &mut fleet, load).await?;
    let took = began.elapsed().as_secs();
    let count = fleet.end().await?;
    let books = Books::read(&pool).await?;
    let trouble = report(&scoop, &prefix, took, &count).await?;
    scoop.shutdown().await;
    println!("{books}");
    ensure!(trouble == 0, "{trouble} orders are in trouble");
    ensure!(books.balance(), "the books do not balance");
    println!("the books balance");
    Ok(())
}

/// Until all runs have ended: disturbs the workers for as long as orders are started, then mends them.
async fn disturbed(
    arguments: &Arguments,
    scoop: &Scoop,
    fleet: &mut Fleet,
    load: tokio::task::JoinHandle<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let mut chance = Chance::of(arguments.seed);
    let (mut screen, mut second, mut acts_at) = (Screen::default(), 0, Duration::ZERO);
    let (began, mut load) = (Instant::now(), Some(load));
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = began.elapsed();
        let disturbs = now < arguments.within;
        fleet.tend()?;
        if arguments.deploy {
            fleet.deploy(|told| now > arguments.within * (told + 1) / 5)?;
        } else if disturbs && now > acts_at {
            fleet.act(&mut chance)?;
            acts_at = now + Duration::from_millis(300) + chance.up_to(arguments.within / 15);
        } else if !disturbs {
            fleet.mend()?;
        }
        if let Some(ended) = load.take_if(|load| load.is_finished()) {
            ended.await??;
        }
        if now.as_secs() > second {
            second = now.as_secs();
            let overview = Overview::look(scoop).await?;
            screen.show(second, &overview, &fleet.seen());
            let is_over = !disturbs && load.is_none() && overview.active() == 0;
            if is_over && fleet.is_whole() {
                return Ok(());
            }
        }
        let late = now > arguments.within + PATIENCE;
        ensure!(!late, "the last runs do not end");
    }
}

/// Prints how the orders ended, and what was done to the workers; how many orders are in trouble.
async fn report(scoop: &Scoop, prefix: &str, took: u64, count: &Count) -> anyhow::Result<usize> {
    let (mut shipped, mut undone, mut trouble) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    each(scoop, Some("fulfil"), |run| {
        let is_mine = run.key.as_ref().is_some_and(|key| key.starts_with(prefix));
        match run.status {
            _ if !is_mine => return,
            RunStatus::Completed => shipped += 1,
            RunStatus::RolledBack => undone += 1,
            _ => trouble += 1,
        }
        let ended = run.finished_at.unwrap_or(run.created_at);
        slowest = slowest.max(ended.since(run.created_at));
    })
    .await?;
    let orders = shipped + undone + trouble;
    println!(
        "{orders} orders in {took} s: {shipped} shipped, {undone} failed and undone, {trouble} in trouble; \
         the slowest took {:.1} s",
        slowest.as_secs_f32()
    );
    println!("workers: {count}");
    Ok(trouble)
}
