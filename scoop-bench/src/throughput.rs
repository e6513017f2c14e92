//! Sagas a second, many at once, beside what the database can do without us. All are measured in
//! turn, several times, and the median of the rounds counts.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use scoop::Scoop;

use crate::arguments::Throughput;
use crate::crowd::crowd;
use crate::figures::Figures;
use crate::limits::{self, How};
use crate::median::{Rounds, best};
use crate::place::Place;
use crate::processes;
use crate::sagas::{total, trivial};
use crate::spread::Spread;
use crate::statistics::{self, Done};

/// How many writers of batches are measured: the engine has two at most.
const WRITERS: [u32; 2] = [1, 2];

/// All that is measured, round by round.
struct Measured {
    singles: [Rounds; limits::CLIENTS.len()],
    batched: [Rounds; WRITERS.len()],
    sagas: Rounds,
    spread: Spread,
    client: Option<Duration>,
    server: Option<Done>,
}

pub(crate) async fn run(arguments: &Throughput) -> Result<Figures> {
    let place = Place::new(arguments.common.store).await?;
    let mut figures = Figures::default();
    figures.text("verb", "throughput");
    figures.text("store", arguments.common.store.name());
    if let Some(mut connection) = place.connect().await? {
        figures.text("server", statistics::server(&mut connection).await?);
        limits::prepare(&mut connection).await?;
    }
    figures.count("steps", arguments.steps.into());
    figures.count("concurrency", arguments.concurrency.into());
    figures.count("rounds", arguments.rounds.into());
    let measured = measure(arguments, &place).await?;
    sagas(arguments, &measured, &mut figures);
    if arguments.limited() {
        beside(arguments, &measured, &mut figures);
    }
    place.remove().await?;
    Ok(figures)
}

async fn measure(arguments: &Throughput, place: &Place) -> Result<Measured> {
    // Makes the schema, so that it does not count.
    connect(place).await?.shutdown().await;
    let mut measured = Measured {
        singles: Default::default(),
        batched: Default::default(),
        sagas: Rounds::default(),
        spread: Spread::new(),
        client: Some(Duration::ZERO),
        server: Some(Done::nothing()),
    };
    let length = arguments.seconds / arguments.rounds;
    for _ in 0..arguments.rounds {
        if arguments.limited() {
            for (clients, rounds) in limits::CLIENTS.into_iter().zip(&mut measured.singles) {
                let part = length / u32::try_from(limits::CLIENTS.len())?;
                let rate = limits::single(place.url(), clients, part, How::Alone).await?;
                rounds.add(rate.per_second);
            }
        }
        round(arguments, place, length, &mut measured).await?;
        if arguments.limited() {
            for (writers, rounds) in WRITERS.into_iter().zip(&mut measured.batched) {
                let (many, part) = (arguments.concurrency, length / 2);
                let rate = limits::batched(place.url(), writers, many, part).await?;
                rounds.add(rate.per_second);
            }
        }
    }
    Ok(measured)
}

async fn connect(place: &Place) -> Result<Scoop> {
    Ok(Scoop::connect(place.url()).sagas(["trivial"]).await?)
}

/// Runs sagas for a while. The server's statistics are whole when the connections are closed.
async fn round(
    arguments: &Throughput,
    place: &Place,
    length: Duration,
    measured: &mut Measured,
) -> Result<()> {
    let mut connection = place.connect().await?;
    let before = match &mut connection {
        Some(connection) => Some(statistics::now(connection).await?),
        None => None,
    };
    let scoop = connect(place).await?;
    let client = processes::own_time();
    let began = Instant::now();
    let spread = many(arguments, length, &scoop).await?;
    measured.sagas.add(spread.per_second(began.elapsed()));
    measured.spread.join(&spread);
    let used = processes::own_time().zip(client);
    let used = used.map(|(after, before)| after.saturating_sub(before));
    measured.client = measured.client.zip(used).map(|(all, used)| all + used);
    scoop.shutdown().await;
    let done = match (&mut connection, before) {
        (Some(connection), Some(before)) => Some(statistics::now(connection).await?.since(before)),
        _ => None,
    };
    measured.server = measured.server.zip(done).map(|(all, done)| all.and(done));
    Ok(())
}

async fn many(arguments: &Throughput, length: Duration, scoop: &Scoop) -> Result<Spread> {
    let (scoop, steps) = (scoop.clone(), arguments.steps);
    let one = move || {
        let scoop = scoop.clone();
        async move {
            let returned = scoop.start(trivial(steps)).await?.wait().await?;
            ensure!(returned == total(steps), "a saga returned {returned}");
            Ok(())
        }
    };
    crowd(arguments.concurrency, length, one).await
}

fn steps_per_second(arguments: &Throughput, measured: &Measured) -> f64 {
    measured.sagas.median() * f64::from(arguments.steps)
}

/// Puts down what the sagas did.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn sagas(arguments: &Throughput, measured: &Measured, figures: &mut Figures) {
    let sagas = measured.spread.count() as f64;
    let steps = sagas * f64::from(arguments.steps);
    figures.count("sagas", measured.spread.count());
    figures.number("sagas_per_second", measured.sagas.median(), "");
    figures.number(
        "steps_per_second",
        steps_per_second(arguments, measured),
        "",
    );
    figures.millis("p50", measured.spread.quantile(0.5));
    figures.millis("p99", measured.spread.quantile(0.99));
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / steps;
    if let Some(client) = measured.client {
        figures.number("client_cpu_per_step", micros(client), "µs");
    }
    if let Some(done) = measured.server {
        if let Some(processor) = done.processor {
            figures.number("server_cpu_per_step", micros(processor), "µs");
        }
        figures.number("commits_per_saga", done.commits as f64 / sagas, "");
        figures.number("wal_syncs_per_saga", done.syncs as f64 / sagas, "");
        figures.number("wal_bytes_per_step", done.log_bytes as f64 / steps, "");
    }
}

/// Puts down what the database did without us, and the ratios.
fn beside(arguments: &Throughput, measured: &Measured, figures: &mut Figures) {
    const BATCHED: [&str; WRITERS.len()] = [
        "batched_rows_per_second_of_1_writer",
        "batched_rows_per_second_of_2_writers",
    ];
    let steps = steps_per_second(arguments, measured);
    let single = best(&limits::SINGLE, &measured.singles, figures);
    figures.number("best_single_row_commits_per_second", single, "");
    let batched = best(&BATCHED, &measured.batched, figures);
    figures.number("best_batched_rows_per_second", batched, "");
    figures.number("steps_to_best_single_row", steps / single, "x");
    figures.number("steps_to_best_batched", steps / batched, "x");
}
