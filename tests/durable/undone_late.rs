//! Rollbacks that take longer than they may: somebody has to look at them.

use std::time::Duration;

use scoop::{CompensationResult, Handle, SagaError, saga, step};
use scoop_runtime::operation::Saga;
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_rollback_is_stuck_at_its_deadline,
    a_retry_begins_a_new_period,
    what_was_due_before_the_deadline_is_tried_after_a_restart,
    each_rollback_is_tried_once,
    a_run_that_had_completed_has_a_period_of_its_own,
    a_saga_below_has_its_own_deadline,
    a_doubt_is_not_looked_into_for_longer
);

const HOUR: u64 = 3_600;
const LIMIT: u64 = 9_000;

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("nobody answers")]
struct NoAnswer;

#[step(rollback = unhang, undo(retry(forever, backoff = "1h..1h")))]
async fn hang(case: &str) -> Result<(), NoAnswer> {
    effect(case, "hangs");
    Ok(())
}

async fn unhang(case: &str, (): ()) -> Result<(), NoAnswer> {
    effect(case, "unhangs");
    Err(NoAnswer)
}

/// Takes so many hours to undo.
#[step(rollback = unsend)]
async fn send(case: &str, hours: u64) -> Result<(), NoAnswer> {
    effect(case, &format!("sends {hours}"));
    Ok(())
}

async fn unsend(case: &str, hours: u64, (): ()) -> Result<(), NoAnswer> {
    tokio::time::sleep(Duration::from_secs(hours * HOUR)).await;
    effect(case, &format!("unsends {hours}"));
    Ok(())
}

#[step(rollback = unlight, retry(max = 1))]
async fn light(case: &str) -> Result<u32, NoAnswer> {
    effect(case, "lights");
    panic!("boom")
}

async fn unlight(_: &str, _: u32) -> Result<(), NoAnswer> {
    unreachable!("nobody knows")
}

#[saga(rollback_deadline = "2h 30m")]
async fn hangs(case: String) -> Result<(), NoAnswer> {
    hang(&case).await?;
    Err(NoAnswer)
}

#[saga(rollback_deadline = "2h 30m")]
async fn sends(case: String) -> Result<(), NoAnswer> {
    send(&case, 0).await?;
    hang(&case).await?;
    send(&case, 3).await?;
    Err(NoAnswer)
}

#[saga(rollback_deadline = "2h 30m")]
async fn completes(case: String) -> Result<(), NoAnswer> {
    hang(&case).await
}

#[saga(rollback_deadline = "1s")]
async fn above(case: String) -> Result<(), NoAnswer> {
    send(&case, 0).await?;
    completes(case).await?;
    scoop::sleep(Duration::from_secs(100 * HOUR)).await;
    Err(NoAnswer)
}

#[saga(rollback_deadline = "10s")]
async fn lights(case: String) -> Result<u32, NoAnswer> {
    light(&case).await
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Why it is stuck, and how often that was tried.
async fn stuck<S: Saga>(handle: &Handle<S>) -> (u32, String) {
    let error: SagaError<_> = match handle.wait().await {
        Ok(_) => panic!("it failed"),
        Err(error) => error,
    };
    assert!(error.is_stuck());
    let failed = error
        .compensations()
        .iter()
        .filter_map(|one| match &one.result {
            CompensationResult::Failed { attempt, error } => {
                Some((*attempt, error.message.clone()))
            }
            _ => None,
        });
    failed.min().unwrap()
}

async fn a_rollback_is_stuck_at_its_deadline(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(hangs(case.clone())).await.unwrap();
    watch.until(2 * HOUR + 600).await;
    let row = process.scoop.admin().show(handle.id()).await.unwrap().0;
    assert_eq!(row.owner, None, "it waits in the store");
    let (attempt, why) = stuck(&handle).await;
    assert_eq!(watch.seconds(), LIMIT);
    assert_eq!(attempt, 3);
    assert_eq!(
        why,
        "the rollback took longer than its deadline of 9000s: nobody answers"
    );
    assert_eq!(journal::count(&case, "unhangs"), 3);
    let row = process.scoop.admin().show(handle.id()).await.unwrap().0;
    assert_eq!(row.wake_at, None);
}

async fn a_retry_begins_a_new_period(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(hangs(case.clone())).await.unwrap();
    stuck(&handle).await;
    watch.until(20_000).await;
    process.scoop.admin().retry(handle.id()).await.unwrap();
    assert_eq!(stuck(&handle).await.0, 3);
    assert_eq!(watch.seconds(), 20_000 + LIMIT);
    assert_eq!(journal::count(&case, "unhangs"), 6);
    let admin = process.scoop.admin();
    admin.skip(handle.id(), "they moved").await.unwrap();
    assert!(!handle.wait().await.unwrap_err().is_stuck());
}

async fn what_was_due_before_the_deadline_is_tried_after_a_restart(place: Place) {
    for (restarted, tried, at) in [(5_000, 3, LIMIT), (20_000, 2, 20_000)] {
        let (case, watch) = (case(), Watch::start());
        let process = Process::start(&place).await;
        let handle = process.scoop.start(hangs(case.clone())).await;
        let id = handle.unwrap().id();
        watch.until(600).await;
        let process = process.restart(&watch, restarted).await;
        let handle = process.scoop.handle(hangs, id);
        let (attempt, _) = stuck(&handle).await;
        assert_eq!((attempt, watch.seconds()), (tried, at));
        assert_eq!(journal::count(&case, "unhangs"), tried as usize);
        process.scoop.shutdown().await;
    }
}

async fn each_rollback_is_tried_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(sends(case.clone())).await.unwrap();
    let (attempt, _) = stuck(&handle).await;
    assert_eq!((attempt, watch.seconds()), (1, 3 * HOUR));
    assert_eq!(journal::count(&case, "unhangs"), 1);
    let admin = process.scoop.admin();
    admin.resolve(handle.id(), "called them").await.unwrap();
    assert!(!handle.wait().await.unwrap_err().is_stuck());
    assert_eq!(journal::count(&case, "unsends 0"), 1);
}

async fn a_run_that_had_completed_has_a_period_of_its_own(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(completes(case.clone())).await.unwrap();
    handle.wait().await.unwrap();
    watch.until(100 * HOUR).await;
    let admin = process.scoop.admin();
    admin.roll_back(handle.id(), "not wanted").await.unwrap();
    assert_eq!(stuck(&handle).await.0, 3);
    assert_eq!(watch.seconds(), 100 * HOUR + LIMIT);
}

/// It turns with the saga above, which waits for as long as that takes.
async fn a_saga_below_has_its_own_deadline(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(above(case.clone())).await.unwrap();
    watch.until(50 * HOUR).await;
    let filter = scoop::RunFilter {
        saga: Some(format!("{}::completes", module_path!())),
        ..scoop::RunFilter::default()
    };
    let below = process.scoop.admin().list(&filter).await.unwrap();
    let below = process.scoop.handle(completes, below[0].id);
    watch.until(100 * HOUR + 600).await;
    assert_eq!(stuck(&below).await.0, 3);
    assert!(watch.seconds().abs_diff(100 * HOUR + LIMIT) <= 1);
    let admin = process.scoop.admin();
    admin.resolve(below.id(), "called them").await.unwrap();
    assert!(!handle.wait().await.unwrap_err().is_stuck());
    assert_eq!(journal::count(&case, "unsends 0"), 1);
}

async fn a_doubt_is_not_looked_into_for_longer(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(lights(case.clone())).await.unwrap();
    let (attempt, why) = stuck(&handle).await;
    assert_eq!(watch.seconds(), 10);
    // At 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 seconds.
    assert_eq!(attempt, 7);
    assert_eq!(
        why,
        "the rollback took longer than its deadline of 10s: panicked: boom"
    );
}
