//! What a worker does when it starts: takes up the runs that no live worker owns.

use std::sync::Arc;

use super::Engine;
use crate::protocol::id::Fence;

const PAGE: u32 = 100;

/// Claims page by page, and takes each run up.
pub(crate) async fn recover(engine: Arc<Engine>, fence: Fence) {
    let mut after = None;
    loop {
        let page = engine.read(|| {
            let (store, fence) = (Arc::clone(&engine.store), fence.clone());
            Box::pin(async move { store.claim(&fence, after, PAGE).await })
        });
        let runs = match page.await {
            Ok(runs) => runs,
            Err(error) => {
                tracing::error!(?error, "unfinished runs could not be read");
                return;
            }
        };
        let Some(last) = runs.last() else { return };
        after = Some(last.id);
        for run in runs {
            if engine.serves(&run.saga) || engine.registry.saga(&run.saga).is_err() {
                engine.take_up(run);
            }
        }
    }
}
