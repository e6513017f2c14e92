//! Reads what a run has done, page by page.

use std::sync::Arc;

use super::Engine;
use super::log::Leave;
use crate::protocol::checkpoint::{CheckpointRow, StoredOutcome};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::plan::History;

const PAGE: u32 = 256;

/// All that a run has done; `newest` is the outcome that is not written yet.
pub(crate) async fn history(
    engine: &Engine,
    run: RunId,
    newest: Option<StoredOutcome>,
) -> Result<History, Leave> {
    let mut history = History::with_newest(newest);
    let mut before = None;
    loop {
        let store = &engine.store;
        let page = engine
            .read(|| {
                let store = Arc::clone(store);
                Box::pin(async move { store.rows_before(run, before, PAGE).await })
            })
            .await?;
        let Some(last) = page.last() else { return Ok(history) };
        before = Some(last.seq);
        history.read(page).map_err(|error| Leave::Parked(format!("a stored outcome {error}")))?;
    }
}

/// The rows with these positions.
pub(crate) async fn rows(
    engine: &Engine,
    run: RunId,
    seqs: Vec<Seq>,
) -> Result<Vec<CheckpointRow>, Leave> {
    let store = &engine.store;
    let seqs = Arc::new(seqs);
    engine
        .read(|| {
            let (store, seqs) = (Arc::clone(store), Arc::clone(&seqs));
            Box::pin(async move { store.rows_at(run, &seqs).await })
        })
        .await
}
