//! The worker that is killed: starts all sagas at once and says when half of their steps are done.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use scoop::Scoop;

use crate::arguments::Victim;
use crate::recovery::{HALF, WORKER};
use crate::sagas::{Diary, diligent};

pub(crate) async fn run(arguments: &Victim) -> Result<()> {
    let diary = Arc::new(Diary::open(&arguments.diary)?);
    let scoop = Scoop::connect(&arguments.url)
        .name(WORKER)
        .sagas(["diligent"])
        .provide_shared(Arc::clone(&diary))
        .await?;
    for _ in 0..arguments.runs {
        let (scoop, steps) = (scoop.clone(), arguments.steps);
        tokio::spawn(async move { scoop.start(diligent(steps)).await });
    }
    let half = u64::from(arguments.runs) * u64::from(arguments.steps) / 2;
    while diary.steps() < half {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("{HALF}");
    std::future::pending().await
}
