//! Takes up what nobody has: what an earlier life of this worker left unfinished, what a dead worker
//! had, what a process started that runs nothing itself, what is due after it waited in the store.

use std::sync::Arc;
use std::time::Duration;

use super::executor;
use super::pace::Pace;
use super::{Engine, Trouble};
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::RunUpdate;
use crate::protocol::timestamp::Timestamp;
use crate::store::{Claim, StoreError};

const PAGE: usize = 256;
/// How soon to look again where the store could not be asked.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest that one wait is, because a machine may sleep meanwhile and its clocks go apart.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Claims every unfinished run that is due and that no live worker has, and drives each, as long as
/// there is room; then sees when the next one is due.
pub(super) async fn recover(engine: &Arc<Engine>) -> Result<usize, Trouble> {
    engine.alarm.clear();
    let freed = engine.queues.take_freed();
    let (mut count, mut filled) = (0, false);
    let now = loop {
        let now = engine.environment.now();
        let mut places = engine.places.take(PAGE);
        if places.count() == 0 {
            engine.places.want();
            break now;
        }
        let claim = claim(engine, places.count(), now);
        let page = engine
            .read(|| engine.store.claim(&engine.fence, &claim))
            .await?;
        if page.is_empty() {
            break now;
        }
        for run in page {
            count += 1;
            let place = places.one().unwrap_or_else(|| engine.places.force());
            let (id, queued) = (run.id, engine.queues.enter(&run));
            filled |= queued.is_some();
            let driven = executor::go_on(Arc::clone(engine), run);
            let hints = Arc::clone(&engine.hints);
            engine.drive_in(place, id, async move {
                let _queued = queued;
                driven.await;
                // Whoever started it, or awaits it, is elsewhere.
                hints.left(id);
            });
        }
    };
    if freed && !filled {
        // There is a place in a queue, which others may have use for.
        engine.hints.due();
    }
    if let Some(due) = engine.read(|| engine.store.next_due(now)).await? {
        engine.alarm.set(due);
    }
    Ok(count)
}

/// Looks for such runs again and again: when one is due, when there is room again, when others say so, and
/// every now and then where others may put some into the store.
pub(super) async fn watch(engine: Arc<Engine>) {
    let mut looked = engine.environment.monotonic();
    let mut pace = engine.store.poll().map(Pace::new);
    loop {
        tokio::select! {
            () = engine.closing() => return,
            // Earlier than it was.
            () = engine.alarm.changed() => continue,
            () = pause(&engine, looked, pace.as_mut()) => {}
        }
        looked = engine.environment.monotonic();
        let found = look(&engine).await;
        if let Some(pace) = &mut pace {
            pace.looked(!matches!(found, Ok(0)));
        }
        match found {
            Ok(0) => {}
            Ok(runs) => tracing::debug!(runs, "took up runs that nobody had"),
            Err(Trouble::Store(error @ StoreError::Fenced(_))) => {
                tracing::error!(%error, "the worker stops");
                engine.stop_soon();
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for runs");
                engine.alarm.set(engine.environment.now().after(PAUSE));
            }
        }
    }
}

/// Takes up what nobody has, and hears which runs are to be cancelled, or given up.
async fn look(engine: &Arc<Engine>) -> Result<usize, Trouble> {
    let runs = recover(engine).await?;
    let cancelled = engine.read(|| engine.store.cancelled(&engine.fence));
    for (run, reason) in cancelled.await? {
        engine.news.cancel(run, &reason);
    }
    // After it has taken up what it found, so that others come first to what it gives up.
    let asked_back = engine.read(|| engine.store.asked_back(&engine.fence));
    for (run, why) in asked_back.await? {
        drop(engine.give_up(run, why));
    }
    Ok(runs)
}

/// Ends when it is time to look again.
async fn pause(engine: &Engine, looked: Duration, pace: Option<&mut Pace>) {
    let environment = &engine.environment;
    let poll = pace.map(|pace| {
        let passed = environment.monotonic().saturating_sub(looked);
        let pause = pace.pause(engine.hints.are_heard(), engine.store.lease());
        pause.saturating_sub(passed)
    });
    let due = engine.alarm.at().map(|at| at.since(environment.now()));
    match poll.into_iter().chain(due).min() {
        Some(pause) => environment.sleep(pause.min(LONGEST)).await,
        None => std::future::pending().await,
    }
}

/// Gives a run that this build cannot continue back to the others.
pub(super) async fn give_back(engine: &Engine, run: RunId) {
    if engine.store.lease().is_none() {
        // There is nobody; but others of its queue may run.
        drop(engine.leave_queue(run).await);
        return;
    }
    let commit = Commit {
        run,
        create: None,
        update: RunUpdate {
            // What it waited for is over, or will be waited for by whoever takes it.
            wake_at: Some(None),
            released: true,
            ..RunUpdate::default()
        },
        rows: Vec::new(),
    };
    // If it cannot be written, the others get the run with all that this worker has.
    drop(engine.writer.write(commit).await);
    engine.hints.due();
}

/// Other builds may know sagas that this one does not, or be able to continue a run that is parked
/// here: such runs are left to them. Nobody else comes where the store is this process's own, so
/// it takes all, and parks what it cannot run.
fn claim(engine: &Engine, limit: usize, now: Timestamp) -> Claim {
    let shared = engine.store.lease().is_some();
    Claim {
        sagas: shared.then(|| engine.registry.served()),
        except: if shared {
            engine.all_parked().into_keys().collect()
        } else {
            Vec::new()
        },
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        now,
    }
}
