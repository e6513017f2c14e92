//! A small seeded generator of random numbers (splitmix64), so that a seed means the same program
//! on every machine and in every release.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The stream of program `number` of `seed`.
    pub(super) const fn new(seed: u64, number: u64) -> Self {
        Self(
            seed.wrapping_mul(0x0005_DEEC_E66D)
                .wrapping_add(number.wrapping_mul(0x9E37_79B9)),
        )
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which must not be 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let number = self.next() % limit as u64;
        usize::try_from(number).expect("it is below a usize")
    }

    /// True in `percent` of 100 cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these, where there are any.
    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() {
            None
        } else {
            Some(of[self.below(of.len())].clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |mut random: Random| [random.below(1000), random.below(1000)];
        assert_eq!(numbers(Random::new(7, 3)), numbers(Random::new(7, 3)));
        assert_ne!(numbers(Random::new(7, 3)), numbers(Random::new(7, 4)));
    }
}
