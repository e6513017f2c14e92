//! Sagas a second, many at once, beside what the database can do without us.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use scoop::Scoop;
use tokio::task::JoinSet;

use crate::arguments::Throughput;
use crate::figures::Figures;
use crate::place::Place;
use crate::sagas::{total, trivial};
use crate::spread::Spread;
use crate::statistics::{self, Done};
use crate::{limits, processes};

/// What the sagas of one measurement did.
struct Measured {
    spread: Spread,
    elapsed: Duration,
    client: Option<Duration>,
    server: Option<Done>,
}

pub(crate) async fn run(arguments: &Throughput) -> Result<Figures> {
    let mut figures = Figures::default();
    let place = Place::new(arguments.common.store).await?;
    figures.text("verb", "throughput");
    figures.text("store", arguments.common.store.name());
    if let Some(mut connection) = place.connect().await? {
        figures.text("server", statistics::server(&mut connection).await?);
    }
    figures.count("steps", arguments.steps.into());
    figures.count("concurrency", arguments.concurrency.into());
    let single = singles(arguments, &place, &mut figures).await?;
    let measured = sagas(arguments, &place).await?;
    let steps = report(arguments, &measured, &mut figures);
    if let Some(single) = single {
        let ceiling =
            limits::batched(place.url(), arguments.concurrency, arguments.seconds).await?;
        figures.number("batched_insert_rows_per_second", ceiling.per_second, "");
        figures.number("steps_to_best_single_row", steps / single, "x");
        figures.number("steps_to_batched_insert", steps / ceiling.per_second, "x");
    }
    place.remove().await?;
    Ok(figures)
}

/// The best rate of single-row commits.
async fn singles(
    arguments: &Throughput,
    place: &Place,
    figures: &mut Figures,
) -> Result<Option<f64>> {
    let Some(mut connection) = place.connect().await?.filter(|_| !arguments.no_limits) else {
        return Ok(None);
    };
    limits::prepare(&mut connection).await?;
    let length = arguments.seconds / u32::try_from(limits::CLIENTS.len())?;
    let mut best = (0.0, 0);
    for clients in limits::CLIENTS {
        let rate = limits::single(place.url(), clients, length).await?;
        figures.number(single_name(clients), rate.per_second, "");
        if rate.per_second > best.0 {
            best = (rate.per_second, clients);
        }
    }
    figures.number("best_single_row_commits_per_second", best.0, "");
    figures.count("best_single_row_clients", best.1.into());
    Ok(Some(best.0))
}

const fn single_name(clients: u32) -> &'static str {
    match clients {
        1 => "single_row_commits_per_second_of_1",
        8 => "single_row_commits_per_second_of_8",
        32 => "single_row_commits_per_second_of_32",
        _ => "single_row_commits_per_second_of_64",
    }
}

/// Runs sagas until the time is over. A connection before makes the schema, so that it does not
/// count.
async fn sagas(arguments: &Throughput, place: &Place) -> Result<Measured> {
    let connect = || Scoop::connect(place.url()).sagas(["trivial"]);
    connect().await?.shutdown().await;
    let mut connection = place.connect().await?;
    let before = match &mut connection {
        Some(connection) => Some(statistics::now(connection).await?),
        None => None,
    };
    let scoop = connect().await?;
    let client = processes::own_time();
    let began = Instant::now();
    let spread = many(arguments, &scoop).await?;
    let elapsed = began.elapsed();
    let client = processes::own_time()
        .zip(client)
        .map(|(after, before)| after - before);
    scoop.shutdown().await;
    let server = match (&mut connection, before) {
        (Some(connection), Some(before)) => Some(statistics::now(connection).await?.since(before)),
        _ => None,
    };
    Ok(Measured {
        spread,
        elapsed,
        client,
        server,
    })
}

async fn many(arguments: &Throughput, scoop: &Scoop) -> Result<Spread> {
    let (began, length, steps) = (Instant::now(), arguments.seconds, arguments.steps);
    let mut tasks = JoinSet::new();
    for _ in 0..arguments.concurrency {
        let scoop = scoop.clone();
        tasks.spawn(async move {
            let mut spread = Spread::new();
            while began.elapsed() < length {
                let started = Instant::now();
                let returned = scoop.start(trivial(steps)).await?.wait().await?;
                ensure!(returned == total(steps), "a saga returned {returned}");
                spread.add(started.elapsed());
            }
            Ok(spread)
        });
    }
    let mut all = Spread::new();
    while let Some(one) = tasks.join_next().await {
        all.join(&one??);
    }
    Ok(all)
}

/// Puts down what the sagas did; the answer is steps a second.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn report(arguments: &Throughput, measured: &Measured, figures: &mut Figures) -> f64 {
    let sagas = measured.spread.count();
    let rate = sagas as f64 / measured.elapsed.as_secs_f64();
    let steps = sagas as f64 * f64::from(arguments.steps);
    figures.count("sagas", sagas);
    figures.number("sagas_per_second", rate, "");
    figures.number("steps_per_second", rate * f64::from(arguments.steps), "");
    figures.millis("p50", measured.spread.quantile(0.5));
    figures.millis("p99", measured.spread.quantile(0.99));
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / steps;
    if let Some(client) = measured.client {
        figures.number("client_cpu_per_step", micros(client), "µs");
    }
    if let Some(done) = measured.server {
        figures.number("commits_per_saga", done.commits as f64 / sagas as f64, "");
        figures.number("wal_syncs_per_saga", done.syncs as f64 / sagas as f64, "");
        figures.number("wal_bytes_per_step", done.log_bytes as f64 / steps, "");
        if let Some(processor) = done.processor {
            figures.number("server_cpu_per_step", micros(processor), "µs");
        }
    }
    rate * f64::from(arguments.steps)
}
