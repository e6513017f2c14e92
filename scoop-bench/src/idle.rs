//! What a worker costs that has nothing to do: its own processor time, and what it asks of the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use scoop::Scoop;

use crate::arguments::Idle;
use crate::figures::Figures;
use crate::place::Place;
use crate::processes;
use crate::sagas::Wakes;
use crate::statistics::{self, Done};

/// Until a worker that starts has come to rest, and looks as rarely as it ever will.
const REST: Duration = Duration::from_secs(12);

pub(crate) async fn run(arguments: &Idle) -> Result<Figures> {
    let place = Place::new(arguments.common.store).await?;
    let mut workers = Vec::new();
    for _ in 0..arguments.workers() {
        let connect = Scoop::connect(place.url()).sagas(["sleeper"]);
        let connect = connect.listen(!arguments.deaf);
        workers.push(connect.provide_shared(Arc::new(Wakes::default())).await?);
    }
    tokio::time::sleep(REST.min(arguments.seconds)).await;
    let mut connection = place.connect().await?;
    let mut done = async || match &mut connection {
        Some(connection) => anyhow::Ok(Some(statistics::now(connection).await?)),
        None => Ok(None),
    };
    let time = || processes::own_time().context("this system does not tell times in /proc");
    let (before, used, began) = (done().await?, time()?, Instant::now());
    tokio::time::sleep(arguments.seconds).await;
    let (after, used, seconds) = (done().await?, time()? - used, began.elapsed());
    let mut figures = Figures::default();
    figures.text("verb", "idle");
    figures.text("store", arguments.common.store.name());
    figures.count("workers", workers.len() as u64);
    let per_worker = |whole: f64| whole / seconds.as_secs_f64() / workers.len() as f64;
    let processor = per_worker(used.as_secs_f64() * 1_000.0);
    figures.number("processor_ms_per_second_and_worker", processor, "");
    if let Some(done) = after.zip(before).map(|(after, before)| after.since(before)) {
        server(&mut figures, &done, per_worker);
    }
    for worker in workers {
        worker.shutdown().await;
    }
    place.remove().await?;
    Ok(figures)
}

/// A transaction is one statement here, but for those of the measurement itself.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn server(figures: &mut Figures, done: &Done, per_worker: impl Fn(f64) -> f64) {
    let statements = per_worker(done.commits as f64);
    figures.number("statements_per_second_and_worker", statements, "");
    let log = per_worker(done.log_bytes as f64);
    figures.number("wal_bytes_per_second_and_worker", log, "");
    if let Some(processor) = done.processor {
        let processor = per_worker(processor.as_secs_f64() * 1_000.0);
        figures.number("server_ms_per_second_and_worker", processor, "");
    }
}
