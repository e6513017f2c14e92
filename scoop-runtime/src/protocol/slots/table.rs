//! The slots of a run as its newest rows hold them: what the next row need not write again.
//!
//! The patches of one slot are merged as a binary counter merges its digits, so that a list which
//! grows by one item a row is written about `log n` times and spread over about `log n` rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::{LONGEST_CHAIN, StoredFrame, StoredSlot};
use crate::frame::Slot;
use crate::protocol::id::Seq;

/// What each slot was in the newest row, and which rows hold it.
#[derive(Clone, Debug, Default)]
pub struct SlotTable(BTreeMap<Arc<str>, Known>);

/// Why stored frames do not give the locals back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// A row that another one names is not there.
    #[error("row {1}, which holds the local `{0}`, is missing")]
    MissingRow(String, Seq),
    /// A row does not hold the slot that another one looks for there.
    #[error("row {1} does not hold the local `{0}`")]
    MissingSlot(String, Seq),
    /// A patch does not fit the text it is for.
    #[error("the patch of the local `{0}` in row {1} does not fit")]
    BadPatch(String, Seq),
    /// A local is no JSON.
    #[error("the local `{0}` is no JSON: {1}")]
    NotJson(String, String),
}

#[derive(Clone, Debug)]
struct Known {
    json: Arc<str>,
    /// The rows that hold it: the whole text first, then patches, each over the one before.
    chain: Vec<Link>,
}

/// One row of a chain: which bytes of the text before it stay.
#[derive(Clone, Copy, Debug)]
struct Link {
    seq: Seq,
    front: usize,
    back: usize,
    put: usize,
}

impl SlotTable {
    /// The frame that says at row `seq` what `live` is, and the table as that row leaves it.
    ///
    /// # Errors
    /// [`SlotError::NotJson`] when a slot's text is no JSON.
    pub fn delta(&self, seq: Seq, live: &[Slot]) -> Result<(StoredFrame, Self), SlotError> {
        let mut frame = StoredFrame::default();
        let mut table = Self::default();
        for slot in live {
            let (stored, known) = self.slot(seq, slot)?;
            frame.rows.extend(known.chain.iter().map(|link| link.seq).filter(|&row| row != seq));
            frame.slots.insert(slot.name.to_string(), stored);
            table.0.insert(Arc::clone(&slot.name), known);
        }
        frame.rows.sort_unstable();
        frame.rows.dedup();
        Ok((frame, table))
    }

    /// The locals at row `seq`, whose frame is `frame`; `rows` holds the frames it names.
    ///
    /// # Errors
    /// When the rows do not fit each other.
    pub fn rebuild(
        seq: Seq,
        frame: &StoredFrame,
        rows: &HashMap<Seq, StoredFrame>,
    ) -> Result<(Vec<Slot>, Self), SlotError> {
        let mut table = Self::default();
        for name in frame.slots.keys() {
            let known = resolve(name, seq, frame, rows)?;
            table.0.insert(name.as_str().into(), known);
        }
        let slots = table.0.iter().map(|(name, known)| Slot {
            name: Arc::clone(name),
            json: Arc::clone(&known.json),
        });
        Ok((slots.collect(), table))
    }

    fn slot(&self, seq: Seq, slot: &Slot) -> Result<(StoredSlot, Known), SlotError> {
        let known = self.0.get(&slot.name);
        if let Some(known) = known.filter(|known| known.json == slot.json)
            && let Some(newest) = known.chain.last()
        {
            return Ok((StoredSlot::Same(newest.seq), known.clone()));
        }
        match known.and_then(|known| patch(known, seq, &slot.json)) {
            Some(patched) => Ok(patched),
            None => whole(seq, slot),
        }
    }
}

fn whole(seq: Seq, slot: &Slot) -> Result<(StoredSlot, Known), SlotError> {
    let raw = RawValue::from_string(slot.json.to_string())
        .map_err(|error| SlotError::NotJson(slot.name.to_string(), error.to_string()))?;
    let link = Link { seq, front: 0, back: 0, put: slot.json.len() };
    Ok((StoredSlot::Is(raw), Known { json: Arc::clone(&slot.json), chain: vec![link] }))
}

/// A patch that is clearly smaller than the whole; none where there is no such patch.
fn patch(known: &Known, seq: Seq, json: &Arc<str>) -> Option<(StoredSlot, Known)> {
    let (mut front, mut back) = common(&known.json, json);
    let mut chain = known.chain.clone();
    let put = |front: usize, back: usize| json.len() - front - back;
    while let [_, .., top] = chain.as_slice()
        && (top.put <= put(front, back) || chain.len() >= LONGEST_CHAIN)
    {
        (front, back) = (front.min(top.front), back.min(top.back));
        chain.pop();
    }
    let length = put(front, back);
    if length * 2 + 64 > json.len() {
        return None;
    }
    let over = chain.last()?.seq;
    let stored =
        StoredSlot::Patch { over, front, back, put: json[front..json.len() - back].to_owned() };
    chain.push(Link { seq, front, back, put: length });
    Some((stored, Known { json: Arc::clone(json), chain }))
}

/// How many bytes two texts share at the front and, beyond those, at the back; whole characters.
fn common(old: &str, new: &str) -> (usize, usize) {
    let mut front = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    while !(old.is_char_boundary(front) && new.is_char_boundary(front)) {
        front -= 1;
    }
    let (old, new) = (&old[front..], &new[front..]);
    let mut back = old.bytes().rev().zip(new.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !(old.is_char_boundary(old.len() - back) && new.is_char_boundary(new.len() - back)) {
        back -= 1;
    }
    (front, back)
}

fn resolve(
    name: &str,
    seq: Seq,
    frame: &StoredFrame,
    rows: &HashMap<Seq, StoredFrame>,
) -> Result<Known, SlotError> {
    let missing = || SlotError::MissingSlot(name.to_owned(), seq);
    let earlier = |over: Seq| {
        let row = rows.get(&over).filter(|_| over < seq);
        let frame = row.ok_or_else(|| SlotError::MissingRow(name.to_owned(), over))?;
        resolve(name, over, frame, rows)
    };
    match frame.slots.get(name).ok_or_else(missing)? {
        StoredSlot::Is(raw) => {
            let link = Link { seq, front: 0, back: 0, put: raw.get().len() };
            Ok(Known { json: raw.get().into(), chain: vec![link] })
        }
        StoredSlot::Same(over) => earlier(*over),
        StoredSlot::Patch { over, front, back, put } => {
            let mut known = earlier(*over)?;
            let bad = || SlotError::BadPatch(name.to_owned(), seq);
            known.json = apply(&known.json, *front, *back, put).ok_or_else(bad)?.into();
            known.chain.push(Link { seq, front: *front, back: *back, put: put.len() });
            Ok(known)
        }
    }
}

fn apply(old: &str, front: usize, back: usize, put: &str) -> Option<String> {
    let tail = old.len().checked_sub(back).filter(|&tail| tail >= front)?;
    Some([old.get(..front)?, put, old.get(tail..)?].concat())
}

#[cfg(test)]
mod tests;
