//! Rates of several rounds: what was measured while others used the machine does not decide.

use crate::figures::Figures;

/// Rates of one thing, one a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Vec<f64>);

impl Rounds {
    pub(crate) fn add(&mut self, rate: f64) {
        self.0.push(rate);
    }

    /// The one in the middle; of an even number, the mean of the two.
    pub(crate) fn median(&self) -> f64 {
        let mut rates = self.0.clone();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        match rates.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => rates[middle],
            _ => f64::midpoint(rates[middle - 1], rates[middle]),
        }
    }
}

/// Puts down each median; the answer is the greatest.
pub(crate) fn best(names: &[&'static str], rounds: &[Rounds], figures: &mut Figures) -> f64 {
    let mut best: f64 = 0.0;
    for (name, rounds) in names.iter().zip(rounds) {
        figures.number(name, rounds.median(), "");
        best = best.max(rounds.median());
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_more_and_half_is_less() {
        let median = |rates: &[f64]| Rounds(rates.to_vec()).median();
        assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[9.0, 1.0, 2.0, 4.0]) - 3.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }
}
