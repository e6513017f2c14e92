//! Reads what a run has done so far.

use std::collections::BTreeMap;

use super::{Engine, Trouble};
use crate::frame::Slot;
use crate::protocol::checkpoint::{
    CheckpointRow, Direction, RowKind, StoredAttempt, StoredOutcome,
};
use crate::protocol::id::{RunId, Seq};
use crate::protocol::promise::{Promise, Promised};
use crate::protocol::slots::{SlotTable, StoredFrame};

const PAGE: u32 = 256;

/// An operation that was pending when the run was stored.
#[derive(Clone, Debug)]
pub(crate) struct PendingRow {
    pub(crate) row: CheckpointRow,
    /// The failed attempts so far.
    pub(crate) attempts: Vec<StoredAttempt>,
}

/// A compensatable operation that may have to be undone.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) seq: Seq,
    pub(crate) operation: String,
    pub(crate) outcome: StoredOutcome,
}

/// Every row of a run, oldest first; attempts after their own row.
pub(crate) async fn rows(engine: &Engine, run: RunId) -> Result<Vec<CheckpointRow>, Trouble> {
    let mut all: Vec<CheckpointRow> = Vec::new();
    let mut before = None;
    loop {
        let page = engine
            .read(|| engine.store.rows_before(run, before, PAGE))
            .await?;
        let full = page.len() == PAGE as usize;
        let Some(oldest) = page.iter().map(|row| row.seq).min() else {
            break;
        };
        // The oldest position of a full page may not be whole: it is read again.
        all.extend(page.into_iter().filter(|row| !full || row.seq > oldest));
        if !full {
            break;
        }
        before = Some(oldest.next());
    }
    all.sort_by(|a, b| (a.seq, &a.part).cmp(&(b.seq, &b.part)));
    Ok(all)
}

/// Refuses rows of which one up to `last` is not there: what it says would be taken for not done.
pub(crate) fn check_whole(run: RunId, rows: &[CheckpointRow], last: Seq) -> Result<(), Trouble> {
    let mains = rows.iter().filter(|row| row.part.is_main());
    let wanted = (Seq::NONE.next().0..=last.0).map(Seq);
    let mut pairs = mains
        .map(|row| Some(row.seq))
        .chain(std::iter::repeat(None))
        .zip(wanted);
    match pairs.find(|(found, wanted)| *found != Some(*wanted)) {
        None => Ok(()),
        Some((_, gap)) => Err(Trouble::Parked {
            run,
            reason: missing(gap),
        }),
    }
}

/// That a row is not there.
pub(crate) fn missing(seq: Seq) -> String {
    format!("its row {seq} is missing")
}

/// The operation that was pending at this position.
pub(crate) async fn pending(
    engine: &Engine,
    run: RunId,
    seq: Seq,
) -> Result<Option<PendingRow>, Trouble> {
    let (mains, parts): (Vec<_>, Vec<_>) = engine
        .read(|| engine.store.rows_at(run, std::slice::from_ref(&seq)))
        .await?
        .into_iter()
        .partition(|row| row.part.is_main());
    let Some(row) = mains.into_iter().next() else {
        return Ok(None);
    };
    let mut attempts = Vec::new();
    for part in parts.iter().filter(|part| part.kind == RowKind::Attempt) {
        attempts.extend(decode::<StoredAttempt>(
            run,
            "attempt",
            part.outcome.as_ref(),
        )?);
    }
    attempts.sort_by_key(|attempt| attempt.attempt);
    Ok(Some(PendingRow { row, attempts }))
}

/// The locals saved in this row, put together from the rows it builds on.
pub(crate) async fn slots(
    engine: &Engine,
    run: RunId,
    row: &CheckpointRow,
) -> Result<(SlotTable, Vec<Slot>), Trouble> {
    let newest: StoredFrame = decode(run, "frame", row.frame.as_ref())?.unwrap_or_default();
    let mut rows = BTreeMap::new();
    let earlier = engine.read(|| engine.store.rows_at(run, &newest.rows));
    for earlier in earlier.await? {
        if let Some(frame) = decode(run, "frame", earlier.frame.as_ref())? {
            rows.insert(earlier.seq, frame);
        }
    }
    let table = SlotTable::rebuild(row.seq, &newest, &rows).map_err(|error| Trouble::Parked {
        run,
        reason: format!("its frame is damaged: {error}"),
    })?;
    let slots = table
        .slots()
        .map(|(name, json)| Slot {
            name: name.clone(),
            json: json.clone(),
        })
        .collect();
    Ok((table, slots))
}

/// The forward operations of a run with their outcomes, oldest first. The outcome of each stands in
/// the row after it.
pub(crate) fn done(run: RunId, rows: &[CheckpointRow]) -> Result<Vec<Done>, Trouble> {
    let mains: Vec<&CheckpointRow> = rows.iter().filter(|row| row.part.is_main()).collect();
    let mut done = Vec::new();
    for (row, next) in mains.iter().zip(mains.iter().skip(1)) {
        let forward = row.direction == Direction::Forward && row.kind == RowKind::Await;
        if let (true, Some(operation)) = (forward, &row.operation)
            && let Some(outcome) = decode(run, "outcome", next.outcome.as_ref())?
        {
            done.push(Done {
                seq: row.seq,
                operation: operation.clone(),
                outcome,
            });
        }
    }
    Ok(done)
}

/// What the operation of a row promised about being undone.
pub(crate) fn promise(run: RunId, row: &CheckpointRow) -> Result<Option<Promise>, Trouble> {
    let promised: Option<Promised> = decode(run, "frame", row.frame.as_ref())?;
    Ok(promised.unwrap_or_default().promise)
}

/// Decodes a stored value, naming what it is.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(
    run: RunId,
    what: &'static str,
    stored: Option<&crate::codec::Stored>,
) -> Result<Option<T>, Trouble> {
    stored
        .map(|stored| {
            stored
                .decode()
                .map_err(|error| Trouble::Unreadable { run, what, error })
        })
        .transpose()
}
