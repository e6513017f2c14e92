//! Takes up what nobody has: what an earlier life of this worker left unfinished, what a dead worker
//! had, what a process started that runs nothing itself.

use std::sync::Arc;

use super::executor;
use super::{Engine, Trouble};
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;
use crate::protocol::run::RunUpdate;
use crate::store::{Claim, StoreError};

const PAGE: u32 = 256;

/// Claims every unfinished run that no live worker has, and drives each.
pub(super) async fn recover(engine: &Arc<Engine>) -> Result<usize, Trouble> {
    let mut count = 0;
    loop {
        let claim = claim(engine);
        let page = engine
            .read(|| engine.store.claim(&engine.fence, &claim))
            .await?;
        if page.is_empty() {
            return Ok(count);
        }
        for run in page {
            count += 1;
            let engine = Arc::clone(engine);
            engine
                .clone()
                .drive_run(run.id, executor::go_on(engine, run));
        }
    }
}

/// Looks for such runs again and again, where others may put some into the store.
pub(super) async fn watch(engine: Arc<Engine>) {
    let Some(poll) = engine.store.poll() else {
        return;
    };
    loop {
        engine.environment.sleep(poll).await;
        match look(&engine).await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "took up runs that nobody had"),
            Err(Trouble::Store(error @ StoreError::Fenced(_))) => {
                tracing::error!(%error, "the worker stops");
                engine.stop_soon();
                return;
            }
            Err(error) => tracing::warn!(%error, "cannot look for runs"),
        }
    }
}

/// Takes up what nobody has, and hears which runs are to be cancelled.
async fn look(engine: &Arc<Engine>) -> Result<usize, Trouble> {
    let runs = recover(engine).await?;
    let cancelled = engine.read(|| engine.store.cancelled(&engine.fence));
    for (run, reason) in cancelled.await? {
        engine.news.cancel(run, &reason);
    }
    Ok(runs)
}

/// Gives a run that this build cannot continue back to the others.
pub(super) async fn give_back(engine: &Engine, run: RunId) {
    if engine.store.lease().is_none() {
        return;
    }
    let commit = Commit {
        run,
        create: None,
        update: RunUpdate {
            owned: Some(false),
            ..RunUpdate::default()
        },
        rows: Vec::new(),
    };
    // If it cannot be written, the others get the run with all that this worker has.
    drop(engine.writer.write(commit).await);
}

/// Other builds may know sagas that this one does not, or be able to continue a run that is parked
/// here: such runs are left to them. Nobody else comes where the store is this process's own, so
/// it takes all, and parks what it cannot run.
fn claim(engine: &Engine) -> Claim {
    let shared = engine.store.lease().is_some();
    Claim {
        sagas: shared.then(|| engine.registry.served()),
        except: if shared {
            engine.all_parked().into_keys().collect()
        } else {
            Vec::new()
        },
        limit: PAGE,
    }
}
