//! Reads what a run has done so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::transact::Stop;
use super::{Engine, Trouble};
use crate::codec::Stored;
use crate::frame::Slot;
use crate::protocol::branch::{StoredBranches, StoredEnd, row_of};
use crate::protocol::checkpoint::{CheckpointRow, StoredAttempt, StoredOutcome};
use crate::protocol::failure::StoredFailure;
use crate::protocol::id::{Part, RunId, Seq};
use crate::protocol::promise::{Promise, Promised};
use crate::protocol::slots::{SlotTable, StoredFrame};

const PAGE: u32 = 256;

/// An operation that was pending when the run was stored.
#[derive(Clone, Debug)]
pub(crate) struct PendingRow {
    pub(crate) row: CheckpointRow,
    /// The failed attempts so far.
    pub(crate) attempts: Vec<StoredAttempt>,
    /// What it returned, where its own transaction wrote that.
    pub(crate) own: Option<Stored>,
    /// What there is of it besides its row.
    pub(crate) parts: Arc<[CheckpointRow]>,
}

impl PendingRow {
    /// An operation that has not begun.
    pub(crate) fn new(row: CheckpointRow) -> Self {
        Self {
            row,
            attempts: Vec::new(),
            own: None,
            parts: Arc::default(),
        }
    }

    /// The operation of this row, of which there are these parts.
    pub(super) fn of(
        run: RunId,
        row: CheckpointRow,
        parts: Arc<[CheckpointRow]>,
    ) -> Result<Self, Trouble> {
        let mut attempts = Vec::new();
        for part in parts
            .iter()
            .filter(|part| part.part.is_attempt_at(&row.part))
        {
            attempts.extend(decode::<StoredAttempt>(
                run,
                "attempt",
                part.outcome.as_ref(),
            )?);
        }
        attempts.sort_by_key(|attempt| attempt.attempt);
        let own = own(run, &row, &parts)?;
        Ok(Self {
            row,
            attempts,
            own,
            parts,
        })
    }
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
        if !full {
            all.extend(page);
            break;
        }
        // The oldest position of a full page may not be whole, however much there is of it.
        all.extend(page.into_iter().filter(|row| row.seq > oldest));
        all.extend(
            engine
                .read(|| engine.store.rows_at(run, std::slice::from_ref(&oldest)))
                .await?,
        );
        before = Some(oldest);
    }
    all.sort_by_cached_key(|row| (row.seq, row.part.in_order()));
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
    PendingRow::of(run, row, parts.into()).map(Some)
}

/// What the operation of this row returned, where its own transaction wrote that.
fn own(
    run: RunId,
    row: &CheckpointRow,
    parts: &[CheckpointRow],
) -> Result<Option<Stored>, Trouble> {
    let part = row.part.outcome();
    let row = parts.iter().find(|row| row.part == part);
    let outcome = row.and_then(|row| row.outcome.as_ref());
    match decode(run, "outcome", outcome)? {
        None => Ok(None),
        Some(StoredOutcome::Done(value)) => Ok(Some(Stored::from_json(value.get()))),
        Some(_) => Err(Trouble::Parked {
            run,
            reason: "a step that is committed has another outcome than a value".to_owned(),
        }),
    }
}

/// The same, asked of the store now.
pub(super) async fn own_outcome(
    engine: &Engine,
    run: RunId,
    row: &CheckpointRow,
) -> Result<Option<Stored>, Stop> {
    let read = engine.read(|| engine.store.rows_at(run, std::slice::from_ref(&row.seq)));
    let rows = read.await.map_err(|error| Stop::Park(error.to_string()))?;
    own(run, row, &rows).map_err(|trouble| Stop::Park(trouble.reason()))
}

/// That a row has not the arguments of its step.
pub(super) fn no_arguments(step: &str) -> String {
    format!("the arguments of `{step}` are missing")
}

/// That a step was transactional when it ran, and is not in this build.
pub(super) fn no_transaction(step: &str) -> String {
    format!("`{step}` was committed in a transaction, and takes none in this build")
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
    // Parts of an earlier row have frames of their own, where they are the rows of a block.
    let mains = earlier.await?.into_iter().filter(|row| row.part.is_main());
    for earlier in mains {
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

/// The operations that are awaited at once at this row.
pub(super) fn branches(run: RunId, row: &CheckpointRow) -> Result<StoredBranches, Trouble> {
    let branches = decode(run, "operations", row.arguments.as_ref())?;
    branches.ok_or_else(|| Trouble::Parked {
        run,
        reason: format!("the operations of its row {} are missing", row.seq),
    })
}

/// A row for each of them.
pub(super) fn branch_rows(
    run: RunId,
    row: &CheckpointRow,
    branches: &StoredBranches,
) -> Result<Vec<CheckpointRow>, Trouble> {
    let numbered = branches.branches.iter().enumerate();
    let rows = numbered.map(|(number, branch)| row_of(row, number, branch));
    rows.collect::<Result<_, _>>()
        .map_err(|error| Trouble::Unreadable {
            run,
            what: "promise",
            error,
        })
}

/// The rows of the awaits in the block of this row, with their numbers from 1.
pub(super) fn rows_inside<'a>(
    run: RunId,
    (seq, block): (Seq, &Part),
    parts: &'a [CheckpointRow],
) -> Result<Vec<(i64, &'a CheckpointRow)>, Trouble> {
    let of_seq = parts.iter().filter(|row| row.seq == seq);
    let mut rows: Vec<_> = of_seq
        .filter_map(|row| Some((row.part.number_inside(block)?, row)))
        .collect();
    rows.sort_by_key(|(number, _)| *number);
    match (1..)
        .zip(&rows)
        .find(|(wanted, (number, _))| wanted != number)
    {
        None => Ok(rows),
        Some((gap, _)) => Err(Trouble::Parked {
            run,
            reason: format!("its row {seq} {} is missing", block.inside(gap).0),
        }),
    }
}

/// The locals of a block, put together from the rows of the awaits in it.
pub(super) fn slots_inside(
    run: RunId,
    inside: &[(i64, &CheckpointRow)],
) -> Result<SlotTable, Trouble> {
    let mut frames = BTreeMap::new();
    for (number, row) in inside {
        let frame: Option<StoredFrame> = decode(run, "frame", row.frame.as_ref())?;
        frames.insert(Seq(*number), frame.unwrap_or_default());
    }
    let Some((newest, frame)) = frames.pop_last() else {
        return Ok(SlotTable::default());
    };
    let table = SlotTable::rebuild(newest, &frame, &frames);
    table.map_err(|error| Trouble::Parked {
        run,
        reason: format!("the frame of an `async` block is damaged: {error}"),
    })
}

/// Those of several operations that have ended, in the order in which they did.
pub(super) fn in_order(
    run: RunId,
    ended: Vec<(usize, &CheckpointRow)>,
) -> Result<Vec<(usize, &CheckpointRow)>, Trouble> {
    let mut ordered = Vec::with_capacity(ended.len());
    for (number, end) in ended {
        // A transaction does not know; nobody asks which of these was first.
        let order = order_of_end(run, end)?.unwrap_or(usize::MAX);
        ordered.push(((order, end.created_at), (number, end)));
    }
    ordered.sort_by_key(|(order, _)| *order);
    Ok(ordered.into_iter().map(|(_, end)| end).collect())
}

/// As which of several operations one ended, where that was written down.
pub(super) fn order_of_end(run: RunId, end: &CheckpointRow) -> Result<Option<usize>, Trouble> {
    let end: Option<StoredEnd> = decode(run, "end", end.arguments.as_ref())?;
    Ok(end.map(|end| end.order))
}

/// How one of several operations ended, as its row says.
pub(super) fn end_of_branch(
    run: RunId,
    end: &CheckpointRow,
) -> Result<Result<Stored, Box<StoredFailure>>, Trouble> {
    let stored: Option<StoredEnd> = decode(run, "end", end.arguments.as_ref())?;
    if let Some(failure) = stored.and_then(|end| end.failure) {
        return Ok(Err(Box::new(failure)));
    }
    match decode(run, "outcome", end.outcome.as_ref())? {
        Some(StoredOutcome::Done(value)) => Ok(Ok(Stored::from_json(value.get()))),
        _ => Err(Trouble::Parked {
            run,
            reason: format!(
                "the outcome of its row {} {} is missing",
                end.seq, end.part.0
            ),
        }),
    }
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
    stored: Option<&Stored>,
) -> Result<Option<T>, Trouble> {
    stored
        .map(|stored| {
            stored
                .decode()
                .map_err(|error| Trouble::Unreadable { run, what, error })
        })
        .transpose()
}
