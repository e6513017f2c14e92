//! Sagas whose steps insert a row in the engine's own transactions, beside the same rows inserted
//! without us. All are measured in turn, several times, and the median of the rounds counts.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use scoop::Scoop;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};
use uuid::Uuid;

use crate::arguments::{Kind, Transactional};
use crate::crowd::crowd;
use crate::figures::Figures;
use crate::limits::{self, CLIENTS, How};
use crate::median::{Rounds, best};
use crate::place::{self, Place};
use crate::sagas::entering;
use crate::spread::Spread;
use crate::statistics;

/// Whose connections the steps use.
#[derive(Clone, Copy, Debug)]
enum Pool {
    /// One that is lent, of this size.
    Lent(u32),
    /// The engine's own, of its default size.
    Own,
}

/// The sagas of all rounds with one pool.
struct Sagas {
    pool: Pool,
    rates: Rounds,
    spread: Spread,
}

/// The names of the figures of one pool.
struct Names {
    sagas: &'static str,
    steps: &'static str,
    p50: &'static str,
    p99: &'static str,
    to_statements: &'static str,
    to_transactions: &'static str,
}

const LENT: Names = Names {
    sagas: "lent_pool_sagas_per_second",
    steps: "lent_pool_steps_per_second",
    p50: "lent_pool_p50",
    p99: "lent_pool_p99",
    to_statements: "lent_pool_steps_to_best_single_row",
    to_transactions: "lent_pool_steps_to_best_transaction",
};

const OWN: Names = Names {
    sagas: "own_pool_sagas_per_second",
    steps: "own_pool_steps_per_second",
    p50: "own_pool_p50",
    p99: "own_pool_p99",
    to_statements: "own_pool_steps_to_best_single_row",
    to_transactions: "own_pool_steps_to_best_transaction",
};

const TRANSACTIONS: [&str; CLIENTS.len()] = [
    "transactions_per_second_of_1",
    "transactions_per_second_of_8",
    "transactions_per_second_of_32",
    "transactions_per_second_of_64",
];

pub(crate) async fn run(arguments: &Transactional) -> Result<Figures> {
    let place = Place::new(Kind::Postgres).await?;
    let mut connection = place::connect(place.url()).await?;
    let mut figures = Figures::default();
    figures.text("verb", "transactional");
    figures.text("server", statistics::server(&mut connection).await?);
    limits::prepare(&mut connection).await?;
    figures.count("steps", arguments.steps.into());
    figures.count("concurrency", arguments.concurrency.into());
    figures.count("lent_pool", arguments.pool.into());
    figures.count("rounds", arguments.rounds.into());
    let mut sagas = [Pool::Lent(arguments.pool), Pool::Own].map(|pool| Sagas {
        pool,
        rates: Rounds::default(),
        spread: Spread::new(),
    });
    let mut plain: [[Rounds; CLIENTS.len()]; 2] = Default::default();
    let length = arguments.seconds / arguments.rounds;
    for _ in 0..arguments.rounds {
        for (how, rounds) in [How::Alone, How::InTransaction].into_iter().zip(&mut plain) {
            for (clients, rounds) in CLIENTS.into_iter().zip(rounds) {
                let part = length / u32::try_from(CLIENTS.len())?;
                let rate = limits::single(place.url(), clients, part, how).await?;
                rounds.add(rate.per_second);
            }
        }
        for sagas in &mut sagas {
            round(arguments, length, &place, &mut connection, sagas).await?;
        }
    }
    let statements = best(&limits::SINGLE, &plain[0], &mut figures);
    figures.number("best_single_row_commits_per_second", statements, "");
    let transactions = best(&TRANSACTIONS, &plain[1], &mut figures);
    figures.number("best_transactions_per_second", transactions, "");
    for (names, sagas) in [LENT, OWN].into_iter().zip(&sagas) {
        let steps = sagas.rates.median() * f64::from(arguments.steps);
        figures.number(names.sagas, sagas.rates.median(), "");
        figures.number(names.steps, steps, "");
        figures.millis(names.p50, sagas.spread.quantile(0.5));
        figures.millis(names.p99, sagas.spread.quantile(0.99));
        figures.number(names.to_statements, steps / statements, "x");
        figures.number(names.to_transactions, steps / transactions, "x");
    }
    connection.close().await?;
    place.remove().await?;
    Ok(figures)
}

/// Runs sagas for a while; each of their rows has to be there, once.
async fn round(
    arguments: &Transactional,
    length: Duration,
    place: &Place,
    connection: &mut PgConnection,
    sagas: &mut Sagas,
) -> Result<()> {
    connection.execute("truncate limits").await?;
    let scoop = connect(place, sagas.pool).await?;
    // The first one makes the connections and prepares the statements.
    one(&scoop, arguments.steps).await?;
    let began = Instant::now();
    let spread = many(arguments, length, &scoop).await?;
    sagas.rates.add(spread.per_second(began.elapsed()));
    sagas.spread.join(&spread);
    scoop.shutdown().await;
    let rows = sqlx::query_scalar("select count(*) from limits");
    let rows: i64 = rows.fetch_one(connection).await?;
    let wanted = (spread.count() + 1) * u64::from(arguments.steps);
    ensure!(rows.cast_unsigned() == wanted, "{rows} rows of {wanted}");
    Ok(())
}

async fn connect(place: &Place, pool: Pool) -> Result<Scoop> {
    let scoop = Scoop::connect(place.url()).sagas(["entering"]);
    let scoop = match pool {
        Pool::Own => scoop,
        Pool::Lent(size) => {
            let options = PgPoolOptions::new().max_connections(size);
            scoop.pool(options.connect(place.url()).await?)
        }
    };
    Ok(scoop.await?)
}

async fn many(arguments: &Transactional, length: Duration, scoop: &Scoop) -> Result<Spread> {
    let (scoop, steps) = (scoop.clone(), arguments.steps);
    let saga = move || {
        let scoop = scoop.clone();
        async move { one(&scoop, steps).await }
    };
    crowd(arguments.concurrency, length, saga).await
}

async fn one(scoop: &Scoop, steps: u32) -> Result<()> {
    let call = entering(Uuid::now_v7(), steps);
    let rows = scoop.start(call).await?.wait().await?;
    ensure!(rows == u64::from(steps), "a saga wrote {rows} rows");
    Ok(())
}
