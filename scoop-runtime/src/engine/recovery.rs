//! Takes up what an earlier life of this worker left unfinished.

use std::sync::Arc;

use super::executor;
use super::{Engine, Trouble};

const PAGE: u32 = 256;

/// Claims every unfinished run that no live worker has, and drives each.
pub(super) async fn recover(engine: &Arc<Engine>) -> Result<usize, Trouble> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = engine
            .read(|| engine.store.claim(&engine.fence, after, PAGE))
            .await?;
        let Some(last) = page.last() else {
            return Ok(count);
        };
        after = Some(last.id);
        for run in page {
            count += 1;
            let engine = Arc::clone(engine);
            engine.clone().drive(executor::go_on(engine, run));
        }
    }
}
