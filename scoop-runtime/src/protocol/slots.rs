//! The frame as it is stored: one slot for each live local, written again only where it changed.
//!
//! A slot that did not change names the row where its value is; one that changed a little (a list
//! that grew) is stored as a patch over the value in that row. `rows` names every earlier row that
//! is needed, so that a resume reads one row by position and then these, however long the run is.

mod table;

pub use table::{SlotError, SlotTable};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::Seq;

/// The most rows that one slot's value may be spread over.
pub const LONGEST_CHAIN: usize = 32;

/// The frame of one row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredFrame {
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
