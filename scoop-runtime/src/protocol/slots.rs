//! The frame as it is stored: one slot for each live local, written again only where it changed.
//!
//! A slot that did not change names the row where its value is; one that changed a little (a list
//! that grew) is stored as a patch over the value in that row. `rows` names every earlier row that
//! is needed, so that a resume reads one row by position and then these, however long the run is. In
//! the rows of an `async` block beside other operations, positions are those in the block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::Seq;
use super::promise::Promise;

/// The most rows that one slot's value may be spread over.
pub const LONGEST_CHAIN: usize = 32;

/// The frame of one row: what there is to know when the run goes on from it, or back beyond it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredFrame {
    /// What the operation of the row promised about being undone when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Promise>,
    /// The rows that hold the values which this one does not; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Seq>,
    /// The live locals by name.
    pub slots: BTreeMap<String, StoredSlot>,
}

/// One live local.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoredSlot {
    /// Its value.
    Is(Box<RawValue>),
    /// It has the value it has in that earlier row.
    Same(Seq),
    /// Its text is that of an earlier row with the middle replaced.
    Patch {
        /// The earlier row.
        over: Seq,
        /// How many bytes of the earlier text stay at the front.
        front: usize,
        /// How many bytes of the earlier text stay at the back.
        back: usize,
        /// What stands between them.
        put: String,
    },
}

/// The value of a slot, and where it stands.
#[derive(Clone, Debug)]
struct Kept {
    json: Arc<str>,
    /// The rows that hold the value: a whole one, then patches. The last is where it changed last.
    chain: Vec<Seq>,
}

/// The slots of a run as the rows so far have them.
#[derive(Clone, Debug, Default)]
pub struct SlotTable {
    kept: BTreeMap<Arc<str>, Kept>,
}

/// Why stored frames cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A row that another one builds on is not there.
    #[error("row {0} is missing, which a later frame builds on")]
    MissingRow(Seq),
    /// A patch does not fit the text it is for.
    #[error("the patch of `{0}` does not fit")]
    BadPatch(String),
    /// A value is not JSON.
    #[error("the value of `{0}` is no JSON")]
    BadValue(String),
}

impl SlotTable {
    /// The frame to store at `seq` for these live locals. Slots that are not live are forgotten.
    ///
    /// # Errors
    /// When a value is not JSON.
    pub fn store<'a>(
        &mut self,
        seq: Seq,
        live: impl IntoIterator<Item = (&'a Arc<str>, &'a Arc<str>)>,
    ) -> Result<StoredFrame, FrameError> {
        let mut next = BTreeMap::new();
        let mut frame = StoredFrame::default();
        for (name, json) in live {
            let (slot, chain) = match self.kept.get(name) {
                Some(old) if old.json == *json => same(old),
                Some(old) => changed(old, json, seq),
                None => (None, vec![seq]),
            };
            let slot = match slot {
                Some(slot) => slot,
                None => StoredSlot::Is(
                    RawValue::from_string(json.to_string())
                        .map_err(|_| FrameError::BadValue(name.to_string()))?,
                ),
            };
            frame.slots.insert(name.to_string(), slot);
            next.insert(
                Arc::clone(name),
                Kept {
                    json: Arc::clone(json),
                    chain,
                },
            );
        }
        self.kept = next;
        let rows: BTreeSet<Seq> = self
            .kept
            .values()
            .flat_map(|kept| kept.chain.clone())
            .collect();
        frame.rows = rows.into_iter().filter(|row| *row != seq).collect();
        Ok(frame)
    }

    /// Puts the slots of the row at `seq` together from its frame and those of the rows it names.
    ///
    /// # Errors
    /// When a row is missing or a patch does not fit.
    pub fn rebuild(
        seq: Seq,
        newest: &StoredFrame,
        rows: &BTreeMap<Seq, StoredFrame>,
    ) -> Result<Self, FrameError> {
        let mut kept = BTreeMap::new();
        for name in newest.slots.keys() {
            kept.insert(Arc::from(name.as_str()), value_at(name, seq, newest, rows)?);
        }
        Ok(Self { kept })
    }

    /// The slots by name.
    pub fn slots(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.kept.iter().map(|(name, kept)| (name, &kept.json))
    }
}

fn same(old: &Kept) -> (Option<StoredSlot>, Vec<Seq>) {
    let last = old.chain.last().copied().unwrap_or(Seq::NONE);
    (Some(StoredSlot::Same(last)), old.chain.clone())
}

/// A patch where it is clearly smaller than the value and the chain is short enough.
fn changed(old: &Kept, json: &Arc<str>, seq: Seq) -> (Option<StoredSlot>, Vec<Seq>) {
    let (front, back) = common(&old.json, json);
    let put = &json[front..json.len() - back];
    let over = old.chain.last().copied().unwrap_or(Seq::NONE);
    if old.chain.len() >= LONGEST_CHAIN || put.len() + 48 >= json.len() / 2 {
        return (None, vec![seq]);
    }
    let mut chain = old.chain.clone();
    chain.push(seq);
    (
        Some(StoredSlot::Patch {
            over,
            front,
            back,
            put: put.to_owned(),
        }),
        chain,
    )
}

/// How many bytes two texts have in common at the front and at the back, cut between characters.
fn common(old: &str, new: &str) -> (usize, usize) {
    let shorter = old.len().min(new.len());
    let mut front = old
        .bytes()
        .zip(new.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    while !new.is_char_boundary(front) || !old.is_char_boundary(front) {
        front -= 1;
    }
    let backwards = old.bytes().rev().zip(new.bytes().rev());
    let mut back = backwards
        .take_while(|(a, b)| a == b)
        .count()
        .min(shorter - front);
    while !new.is_char_boundary(new.len() - back) || !old.is_char_boundary(old.len() - back) {
        back -= 1;
    }
    (front, back)
}

fn value_at(
    name: &str,
    seq: Seq,
    frame: &StoredFrame,
    rows: &BTreeMap<Seq, StoredFrame>,
) -> Result<Kept, FrameError> {
    let earlier = |at: Seq| {
        let frame = rows.get(&at).ok_or(FrameError::MissingRow(at))?;
        value_at(name, at, frame, rows)
    };
    match frame.slots.get(name).ok_or(FrameError::MissingRow(seq))? {
        StoredSlot::Is(value) => Ok(Kept {
            json: value.get().into(),
            chain: vec![seq],
        }),
        StoredSlot::Same(at) if *at < seq => earlier(*at),
        StoredSlot::Patch {
            over,
            front,
            back,
            put,
        } if *over < seq => {
            let old = earlier(*over)?;
            let bad = || FrameError::BadPatch(name.to_owned());
            let head = old.json.get(..*front).ok_or_else(bad)?;
            let cut = old.json.len().checked_sub(*back).ok_or_else(bad)?;
            let tail = old.json.get(cut..).ok_or_else(bad)?;
            let mut chain = old.chain.clone();
            chain.push(seq);
            Ok(Kept {
                json: format!("{head}{put}{tail}").into(),
                chain,
            })
        }
        StoredSlot::Same(at) | StoredSlot::Patch { over: at, .. } => {
            Err(FrameError::MissingRow(*at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(pairs: &[(&str, String)]) -> Vec<(Arc<str>, Arc<str>)> {
        pairs
            .iter()
            .map(|(name, json)| ((*name).into(), json.as_str().into()))
            .collect()
    }

    /// Stores `rows` one after the other, and rebuilds each from what is stored.
    fn round_trip(rows: &[Vec<(Arc<str>, Arc<str>)>]) -> (usize, usize) {
        let (mut table, mut stored) = (SlotTable::default(), BTreeMap::new());
        let (mut bytes, mut most_rows) = (0, 0);
        for (index, slots) in rows.iter().enumerate() {
            let seq = Seq(i64::try_from(index + 1).unwrap());
            let frame = table.store(seq, slots.iter().map(|(a, b)| (a, b))).unwrap();
            bytes += serde_json::to_string(&frame).unwrap().len();
            most_rows = most_rows.max(frame.rows.len());
            stored.insert(seq, frame.clone());
            let needed = frame
                .rows
                .iter()
                .map(|row| (*row, stored[row].clone()))
                .collect();
            let rebuilt = SlotTable::rebuild(seq, &frame, &needed).unwrap();
            let mut want: Vec<_> = slots.clone();
            want.sort();
            let got: Vec<_> = rebuilt
                .slots()
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect();
            assert_eq!(got, want, "row {seq}");
            table = rebuilt;
        }
        (bytes, most_rows)
    }

    #[test]
    fn every_row_of_a_growing_list_is_rebuilt() {
        let mut list = Vec::new();
        let rows: Vec<_> = (0..1_000)
            .map(|n| {
                list.push(format!("hotel {n} über dem See"));
                live(&[
                    ("hotels", serde_json::to_string(&list).unwrap()),
                    ("n", n.to_string()),
                ])
            })
            .collect();
        let whole: usize = rows.iter().map(|row| row[0].1.len()).sum();
        let (bytes, most_rows) = round_trip(&rows);
        assert!(bytes * 10 < whole, "{bytes} of {whole} bytes");
        assert!(most_rows <= 2 * LONGEST_CHAIN, "{most_rows} rows");
    }

    #[test]
    fn an_unchanged_local_is_written_once() {
        let big = serde_json::to_string(&"x".repeat(10_000)).unwrap();
        let rows: Vec<_> = (0..500)
            .map(|n| live(&[("big", big.clone()), ("n", n.to_string())]))
            .collect();
        let (bytes, most_rows) = round_trip(&rows);
        assert!(bytes < 10_000 + 500 * 80, "{bytes} bytes");
        assert_eq!(most_rows, 1);
    }

    #[test]
    fn random_edits_are_rebuilt() {
        let mut state = 7_u64;
        let mut random = move |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut text: Vec<char> = "äöü and some plain text that is long enough to be patched"
            .chars()
            .collect();
        let mut rows = Vec::new();
        for _ in 0..400 {
            let at = random(text.len() + 1);
            match random(3) {
                0 if text.len() > 4 => drop(text.remove(at.min(text.len() - 1))),
                1 => text.insert(at, ['é', 'x', '"', '\\', '漢'][random(5)]),
                _ => {}
            }
            let json = serde_json::to_string(&text.iter().collect::<String>()).unwrap();
            rows.push(if random(10) == 0 {
                live(&[])
            } else {
                live(&[("text", json)])
            });
        }
        round_trip(&rows);
    }
}
