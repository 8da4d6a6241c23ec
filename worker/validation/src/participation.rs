//! Participation ratio of the trials' correlations: how many directions their block returns take.

use galapagos_engine::evaluation::{BLOCKS, BlockSum};

/// Collects trials; sums of f64 depend on the order in which they come.
#[derive(Clone, Debug, Default)]
pub struct Participation {
    trials: u64,
    gram: [[f64; BLOCKS]; BLOCKS],
}

impl Participation {
    /// Adds a trial; one whose blocks all earned the same is left out.
    pub fn add(&mut self, blocks: &[BlockSum; BLOCKS]) {
        let returns = blocks.map(|b| b.s1 as f64);
        let mean = returns.iter().sum::<f64>() / BLOCKS as f64;
        let centred = returns.map(|r| r - mean);
        let square = centred.iter().map(|r| r * r).sum::<f64>() / BLOCKS as f64;
        if square > 0.0 {
            let deviation = square.sqrt();
            let z = centred.map(|r| r / deviation);
            self.trials += 1;
            for (row, a) in self.gram.iter_mut().zip(z) {
                for (cell, b) in row.iter_mut().zip(z) {
                    *cell += a * b;
                }
            }
        }
    }

    /// (tr C)²/tr C² of the correlation matrix C = Z Z'/16. The trace is the number of trials, and tr C² is that of the
    /// small matrix Z'Z/16. At most 15, as block returns have 16 entries and a mean.
    pub fn ratio(&self) -> Option<f64> {
        let n = self.trials as f64;
        let scale = BLOCKS as f64;
        let squares: f64 = self.gram.iter().flatten().map(|g| (g / scale) * (g / scale)).sum();
        (squares > 0.0).then(|| n * n / squares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(trials: &[fn(i64) -> i64]) -> Option<f64> {
        let mut out = Participation::default();
        trials.iter().for_each(|t| out.add(&std::array::from_fn(|b| BlockSum { s1: t(b as i64), s2: 1 })));
        out.ratio()
    }

    #[test]
    fn copies_of_one_trial_count_as_one() {
        let copies: [fn(i64) -> i64; 50] = [|b| b * 7 % 5; 50];
        assert!((ratio(&copies).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn uncorrelated_trials_count_each() {
        let two: [fn(i64) -> i64; 2] =
            [|b| if b % 2 == 0 { 1 } else { -1 }, |b| if b % 4 < 2 { 1 } else { -1 }];
        assert!((ratio(&two).unwrap() - 2.0).abs() < 1e-12);
    }

    #[test]
    fn trials_that_all_earned_the_same_in_each_block_have_none() {
        assert_eq!(ratio(&[|_| 5]), None);
    }
}
