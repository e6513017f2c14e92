//! What is left to chance, and is the same for the same seed.

use std::time::Duration;

/// An xorshift.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 16) % most as u64).unwrap_or_default()
    }

    #[allow(dead_code, reason = "the tests that share this draw numbers only")]
    /// So long, or less.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        most * u32::try_from(self.below(100)).unwrap_or_default() / 100
    }
}
