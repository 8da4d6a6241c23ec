//! Highest and lowest price of any range of rows of a block, in two reads.

use super::BLOCK;
use super::instructions::{InstructionSet, Loops};

const LEVELS: usize = BLOCK.ilog2() as usize + 1;

/// Sparse table: entry i of level k covers the rows i to i + 2^k - 1.
pub(super) struct Ranges {
    /// Per entry the highest and the lowest.
    levels: Box<[[[f64; 2]; BLOCK]; LEVELS]>,
}

impl Default for Ranges {
    fn default() -> Ranges {
        let levels = vec![[[0.0; 2]; BLOCK]; LEVELS].into_boxed_slice();
        Ranges { levels: levels.try_into().expect("made with that length") }
    }
}

impl Ranges {
    /// Takes a block of at most [`BLOCK`] rows: what the highest is taken of, and the lowest.
    pub(super) fn fill(&mut self, set: InstructionSet, high: &[f64], low: &[f64]) {
        set.widened(Filled { ranges: self, high, low });
    }

    #[inline(always)]
    fn compute(&mut self, high: &[f64], low: &[f64]) {
        for (entry, (&h, &l)) in self.levels[0].iter_mut().zip(high.iter().zip(low)) {
            *entry = [h, l];
        }
        for k in 1..LEVELS {
            let half = 1 << (k - 1);
            let (lower, upper) = self.levels.split_at_mut(k);
            let (from, to) = (&lower[k - 1], &mut upper[0]);
            for i in 0..(high.len() + 1).saturating_sub(2 * half) {
                let (a, b) = (from[i], from[i + half]);
                to[i] = [if b[0] > a[0] { b[0] } else { a[0] }, if b[1] < a[1] { b[1] } else { a[1] }];
            }
        }
    }

    /// Highest and lowest of the rows `from..to`, at least one.
    #[inline(always)]
    pub(super) fn extremes(&self, from: usize, to: usize) -> (f64, f64) {
        let k = (to - from).ilog2() as usize & 15;
        let level = &self.levels[if k < LEVELS { k } else { 0 }];
        let (a, b) = (level[from], level[to - (1 << k)]);
        (if b[0] > a[0] { b[0] } else { a[0] }, if b[1] < a[1] { b[1] } else { a[1] })
    }
}

struct Filled<'a> {
    ranges: &'a mut Ranges,
    high: &'a [f64],
    low: &'a [f64],
}

impl Loops for Filled<'_> {
    #[inline(always)]
    fn run(self) {
        self.ranges.compute(self.high, self.low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_those_of_the_range() {
        let close: Vec<f64> = (0..BLOCK).map(|i| (i * 7919 % 257) as f64).collect();
        let mut ranges = Ranges::default();
        for rows in [1, 2, 100, BLOCK - 1, BLOCK] {
            ranges.fill(InstructionSet::best(), &close[..rows], &close[..rows]);
            for from in (0..rows).step_by(13) {
                for to in (from + 1..=rows).step_by(7).chain([rows]) {
                    let range = &close[from..to];
                    let high = range.iter().copied().fold(0.0, |a, b| if b > a { b } else { a });
                    let low = range.iter().copied().fold(1e9, |a, b| if b < a { b } else { a });
                    assert_eq!(ranges.extremes(from, to), (high, low));
                }
            }
        }
    }
}
