//! What the start of a saga that is not awaited stores.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::RunId;

/// The name of the operation. It is stored.
pub const SPAWN: &str = "scoop::spawn";

/// The arguments of the operation: all that there is to know of the run before it is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredSpawn {
    /// Its id, so that it is made once.
    pub run: RunId,
    /// The stored name of the saga.
    pub saga: String,
    /// The arguments of the saga.
    pub input: Box<RawValue>,
}
