//! The sagas that are measured: they do next to nothing themselves.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use scoop::{Resource, saga, step};

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

/// A run that waits for a day.
#[saga(name = "waiting")]
pub(crate) async fn waiting(number: u64) -> u64 {
    scoop::sleep(Duration::from_secs(24 * 60 * 60)).await;
    number
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
