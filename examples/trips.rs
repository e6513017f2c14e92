//! Books trips from JSON lines, 64 at a time; some fail on purpose and are undone. It may be killed
//! and started again at will: `cargo run --example trips -- examples/data/trips.jsonl`. Without new
//! trips (`-`, and nothing there) it ends those that an earlier life began.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use scoop::{Resource, RunFilter, RunStatus, SagaError, Scoop, Trouble, saga, step};
use serde::{Deserialize, Serialize};

#[path = "checkout/told.rs"]
mod told;

use self::told::told_to_end;

type Ended = Result<i64, SagaError<TripError>>;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip {
    id: String,
    traveller: String,
    city: String,
    nights: u32,
    card: String,
    airline: String,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum TripError {
    #[error("no hotels in {0}")]
    NoHotels(String),
    #[error("the card was declined")]
    Declined,
    #[error("the airline does not answer")]
    NoAnswer,
}

/// The world outside: a ledger of what was booked and paid, appended to a file. Like a good third
/// party it does what it is asked once for each idempotency key.
struct Ledger(Mutex<(HashMap<String, i64>, std::fs::File)>);

impl Ledger {
    fn open(path: &str) -> std::io::Result<Self> {
        let mut entries = HashMap::new();
        if let Ok(file) = std::fs::File::open(path) {
            for line in BufReader::new(file).lines() {
                if let Ok((key, cents)) = serde_json::from_str::<(String, i64)>(&line?) {
                    entries.insert(key, cents);
                }
            }
        }
        let file = std::fs::File::options()
            .append(true)
            .create(true)
            .open(path)?;
        Ok(Self(Mutex::new((entries, file))))
    }

    fn enter(&self, cents: i64) {
        let key = scoop::context()
            .expect("it runs in a saga")
            .idempotency_key();
        let mut ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ledger.0.contains_key(&key) {
            let mut line = serde_json::to_string(&(&key, cents)).expect("it is plain data");
            line.push('\n');
            // In one piece: a process that dies between two would spoil the next line, too.
            let written = ledger.1.write_all(line.as_bytes());
            written.expect("the ledger can be written");
            ledger.0.insert(key, cents);
        }
    }

    fn total(&self) -> i64 {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .values()
            .sum()
    }
}

#[step(rollback = cancel_flight, retry(max = 5, backoff = "5ms..20ms"))]
async fn book_flight(trip: &Trip, ledger: Resource<Ledger>) -> Result<i64, TripError> {
    let attempt = scoop::context().expect("it runs in a saga").attempt();
    if trip.airline == "flaky" && attempt < 3 {
        return Err(TripError::NoAnswer);
    }
    ledger.enter(20_000);
    Ok(20_000)
}

async fn cancel_flight(_: &Trip, cents: i64, ledger: Resource<Ledger>) -> Result<(), TripError> {
    ledger.enter(-cents);
    Ok(())
}

#[step(rollback = cancel_hotel)]
async fn book_hotel(trip: &Trip, _night: u32, ledger: Resource<Ledger>) -> Result<i64, TripError> {
    if trip.city == "Atlantis" {
        return Err(TripError::NoHotels(trip.city.clone()));
    }
    ledger.enter(9_000);
    Ok(9_000)
}

async fn cancel_hotel(
    _: &Trip,
    _night: u32,
    cents: i64,
    ledger: Resource<Ledger>,
) -> Result<(), TripError> {
    ledger.enter(-cents);
    Ok(())
}

#[step(pivot)]
async fn charge(trip: &Trip, cents: i64, ledger: Resource<Ledger>) -> Result<(), TripError> {
    if trip.card == "declined" {
        return Err(TripError::Declined);
    }
    ledger.enter(-cents);
    Ok(())
}

/// Books flight and hotels, then charges the card for all of it.
#[saga]
async fn book_trip(trip: Trip) -> Result<i64, TripError> {
    let mut cents = book_flight(&trip).await?;
    for night in 0..trip.nights {
        cents += book_hotel(&trip, night).await?;
    }
    charge(&trip, cents).await?;
    Ok(cents)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trips = read_trips()?;
    std::fs::create_dir_all("target")?;
    let ledger = Arc::new(Ledger::open("target/trips-ledger.jsonl")?);
    let scoop = Scoop::connect("sqlite:target/trips.db")
        .provide_shared(Arc::clone(&ledger))
        .await?;
    let ends = tokio::select! {
        ends = all(&scoop, trips) => ends?,
        told = told_to_end() => {
            told?;
            scoop.shutdown().await;
            println!("stopped; what was under way goes on at the next start");
            return Ok(());
        }
    };
    let (mut booked, mut undone, mut trouble) = (0_u32, 0_u32, 0_u32);
    for ended in ends {
        match ended {
            Ok(_) => booked += 1,
            Err(error) if error.is_infrastructure() || error.is_stuck() => {
                trouble += 1;
                eprintln!("{error:?}");
            }
            Err(_) => undone += 1,
        }
    }
    scoop.shutdown().await;
    let balance = ledger.total();
    println!("{booked} booked, {undone} failed and undone, {trouble} in trouble");
    println!("the books balance to {balance} cents");
    if balance != 0 || trouble != 0 {
        return Err("the books do not balance".into());
    }
    Ok(())
}

/// Runs all trips, and those that an earlier life began.
async fn all(scoop: &Scoop, trips: Vec<Trip>) -> Result<Vec<Ended>, Box<dyn std::error::Error>> {
    let bar = ProgressBar::new(trips.len() as u64);
    let places = Arc::new(tokio::sync::Semaphore::new(64));
    let mut running = tokio::task::JoinSet::new();
    for trip in trips {
        let place = Arc::clone(&places).acquire_owned().await?;
        let (scoop, bar) = (scoop.clone(), bar.clone());
        running.spawn(async move {
            let ended = run(&scoop, trip).await;
            bar.inc(1);
            drop(place);
            ended
        });
    }
    let mut ends = running.join_all().await;
    ends.extend(what_is_left(scoop).await?);
    bar.finish_and_clear();
    Ok(ends)
}

/// One trip a line, from the file that is named, or from the standard input.
fn read_trips() -> Result<Vec<Trip>, Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1);
    let text = match path.as_deref() {
        None | Some("-") => std::io::read_to_string(std::io::stdin())?,
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{path}`: {error}"))?,
    };
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let trips = lines.map(|(number, line)| {
        serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1).into())
    });
    trips.collect()
}

/// Waits for trips that an earlier life of this program began and did not end.
async fn what_is_left(scoop: &Scoop) -> Result<Vec<Ended>, Trouble> {
    let mut left = RunFilter {
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
            ends.push(scoop.handle(book_trip, run.id).wait().await);
        }
    }
}

/// Starts a trip under its own id, so that one that is known is not booked again, and waits for it.
async fn run(scoop: &Scoop, trip: Trip) -> Ended {
    let id = trip.id.clone();
    let handle = scoop.start(book_trip(trip)).id(id).await?;
    handle.wait().await
}
