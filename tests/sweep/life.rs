//! One life of a process: this test's own binary, told by its environment what to do and when to
//! die.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use scoop::testing::{SqliteStore, Store};

use crate::journal::{self, Moment};
use crate::point::{Point, die};
use crate::probe::{Passing, Probe};
use crate::program;
use crate::support::connecting;
#[cfg(feature = "postgres")]
use crate::support::place::open_postgres;
use crate::support::unhurried::Unhurried;
#[cfg(feature = "postgres")]
use crate::support::unhurried::standing;

/// What the parent tells a life.
pub(crate) const PROGRAM: &str = "SCOOP_SWEEP_PROGRAM";
pub(crate) const DIRECTORY: &str = "SCOOP_SWEEP_DIRECTORY";
/// A database for it, where it is not to use a file in that directory.
pub(crate) const DATABASE: &str = "SCOOP_SWEEP_DATABASE";
pub(crate) const POINT: &str = "SCOOP_SWEEP_POINT";

/// What a life leaves in its directory.
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const END: &str = "end";
pub(crate) const COMMITS: &str = "commits";
pub(crate) const TROUBLE: &str = "trouble";

static DIES: OnceLock<Point> = OnceLock::new();
static SINK: OnceLock<File> = OnceLock::new();
static EFFECTS: AtomicU64 = AtomicU64::new(0);

/// Does nothing unless a parent started it.
#[test]
fn life() {
    let Ok(program) = std::env::var(PROGRAM) else {
        return;
    };
    let directory = PathBuf::from(std::env::var(DIRECTORY).unwrap());
    DIES.set(std::env::var(POINT).unwrap().parse().unwrap())
        .unwrap();
    let file = File::options()
        .append(true)
        .create(true)
        .open(directory.join(JOURNAL));
    SINK.set(file.unwrap()).unwrap();
    journal::to(enter);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(live(&program, &directory));
}

async fn live(program: &str, directory: &Path) {
    let store = Probe::new(open(directory).await, commit);
    // Under its name a life takes up at once what the one before had.
    let scoop = connecting(store.clone()).name("w").await.unwrap();
    let end = program::run(program, &scoop).await;
    let text = format!("{:?}\n{}", end.status, end.result);
    std::fs::write(directory.join(END), text).unwrap();
    std::fs::write(directory.join(COMMITS), store.commits().to_string()).unwrap();
}

async fn open(directory: &Path) -> Arc<dyn Store> {
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var(DATABASE) {
        return standing(open_postgres(&url)).await;
    }
    let file = SqliteStore::open(directory.join("runs.db")).await.unwrap();
    Arc::new(Unhurried::new(Arc::new(file)))
}

fn commit(number: u64, passing: Passing<'_>) {
    match (*DIES.get().unwrap(), passing) {
        (Point::BeforeCommit(at), Passing::Sent) if at == number => die(),
        (Point::AfterCommit(at), Passing::Written) if at == number => die(),
        (Point::FullDisk, Passing::Failed(error)) => {
            let directory = PathBuf::from(std::env::var(DIRECTORY).unwrap());
            std::fs::write(directory.join(TROUBLE), error.to_string()).unwrap();
            die();
        }
        _ => {}
    }
}

/// Writes a line of the journal, for good; or dies on either side of it.
fn enter(line: &str, moment: Moment) {
    let point = *DIES.get().unwrap();
    if moment == Moment::Before {
        let number = match line.starts_with("body ") {
            true => 0,
            false => EFFECTS.fetch_add(1, Ordering::SeqCst) + 1,
        };
        if number > 0 && point == Point::BeforeEffect(number) {
            die();
        }
        let mut file = SINK.get().unwrap();
        writeln!(file, "{line}").unwrap();
        file.sync_data().unwrap();
    } else if !line.starts_with("body ")
        && point == Point::AfterEffect(EFFECTS.load(Ordering::SeqCst))
    {
        die();
    }
}
