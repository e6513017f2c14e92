//! The sagas that are measured: they do next to nothing themselves.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use scoop::{Postgres, Resource, Tx, saga, step};
use tokio::sync::watch;
use uuid::Uuid;

use crate::limits;
use crate::spread::Spread;

/// A step without an effect.
#[step(retriable)]
async fn add(total: u64, number: u32) -> u64 {
    total + u64::from(number)
}

/// So many trivial steps, one after another.
#[saga(name = "trivial")]
pub(crate) async fn trivial(steps: u32) -> u64 {
    let mut total = 0;
    for number in 0..steps {
        total = add(total, number).await;
    }
    total
}

/// What `trivial` returns.
pub(crate) fn total(steps: u32) -> u64 {
    (0..u64::from(steps)).sum()
}

/// A row in the same transaction as the step's outcome, by the same SQL as [`limits`] has.
#[step(rollback = remove)]
async fn enter(run: Uuid, number: u32, tx: &mut Tx<'_, Postgres>) -> Result<u64, sqlx::Error> {
    let done = limits::one(run, number.into()).execute(&mut *tx).await?;
    Ok(done.rows_affected())
}

async fn remove(
    run: Uuid,
    number: u32,
    _: u64,
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), sqlx::Error> {
    let delete = sqlx::query("delete from limits where run = $1 and seq = $2");
    let delete = delete.bind(run).bind(i64::from(number));
    delete.execute(&mut *tx).await.map(drop)
}

/// So many rows, one after another. Returns how many.
#[saga(name = "entering")]
pub(crate) async fn entering(run: Uuid, steps: u32) -> Result<u64, scoop::Error> {
    let mut rows = 0;
    for number in 0..steps {
        rows += enter(run, number).await?;
    }
    Ok(rows)
}

/// A run that waits for a day.
#[saga(name = "waiting")]
pub(crate) async fn waiting(number: u64) -> u64 {
    scoop::sleep(Duration::from_secs(24 * 60 * 60)).await;
    number
}

/// How late those that slept woke.
#[derive(Debug)]
pub(crate) struct Wakes {
    late: Mutex<Spread>,
    count: watch::Sender<u64>,
}

impl Default for Wakes {
    fn default() -> Self {
        Self {
            late: Mutex::new(Spread::new()),
            count: watch::Sender::new(0),
        }
    }
}

impl Wakes {
    /// Waits until so many are awake.
    pub(crate) async fn all(&self, count: u64) {
        let mut woken = self.count.subscribe();
        drop(woken.wait_for(|woken| *woken >= count).await);
    }

    pub(crate) fn late(&self) -> Spread {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.clone()
    }

    fn note(&self, late: Duration) {
        let mut all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        all.add(late);
        drop(all);
        self.count.send_modify(|count| *count += 1);
    }
}

/// The time since 1970.
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("the clock is set")
}

#[step(read_only)]
async fn wakes(due: Duration, wakes: Resource<Wakes>) {
    wakes.note(now().saturating_sub(due));
}

/// Sleeps until then.
#[saga(name = "sleeper")]
pub(crate) async fn sleeper(due: Duration) {
    scoop::sleep(due.saturating_sub(now())).await;
    wakes(due).await;
}

/// Where steps write down that they ran: a file that outlives the process.
#[derive(Debug)]
pub(crate) struct Diary {
    pages: Mutex<(File, u64)>,
}

impl Diary {
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self {
            pages: Mutex::new((file, 0)),
        })
    }

    fn note(&self, what: &str) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.1 += 1;
        // One call, so that a line is there whole or not at all.
        pages
            .0
            .write_all(format!("{what}\n").as_bytes())
            .expect("the diary can be written");
    }

    /// How many steps this process ran.
    pub(crate) fn steps(&self) -> u64 {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

#[step(retriable)]
async fn noted(number: u32, diary: Resource<Diary>) -> u32 {
    let context = scoop::context().expect("it runs in a saga");
    diary.note(&context.idempotency_key());
    number
}

/// Steps that write down that they ran.
#[saga(name = "diligent")]
pub(crate) async fn diligent(steps: u32) -> u32 {
    for number in 0..steps {
        noted(number).await;
    }
    steps
}
