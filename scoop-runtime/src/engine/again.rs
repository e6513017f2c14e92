//! Why a transaction that left nothing is run again, and how loud the log says so.

use crate::store::tx::Seen;

/// From so many repetitions on the log says so louder.
const MANY: u32 = 16;

/// Why a transaction is run again.
pub(super) struct Again {
    pub(super) why: String,
    /// Whether nothing was done in it for too long.
    pub(super) expired: bool,
}

impl From<String> for Again {
    fn from(why: String) -> Self {
        Self {
            why,
            expired: false,
        }
    }
}

impl From<Seen> for Again {
    fn from(Seen { why, expired }: Seen) -> Self {
        Self { why, expired }
    }
}

impl Again {
    /// Says so in the log: this is the so many-th time.
    pub(super) fn tell(&self, name: &str, times: u32) {
        let why = &self.why;
        if self.expired {
            tracing::warn!(
                name,
                why,
                "a step did nothing in its transaction for too long"
            );
        } else if times >= MANY && times.is_power_of_two() {
            tracing::warn!(name, why, times, "a transaction is run again and again");
        } else {
            tracing::debug!(name, why, "a transaction left nothing; it is run again");
        }
    }
}
