//! Exact sums of returns: integers in units of 2^-52, the same in whatever order they are added (A1).

use crate::evaluation::{BLOCKS, BlockSum};

/// 2^52, the number of units in 1.
pub const UNITS: f64 = 4_503_599_627_370_496.0;

/// `x` in units of 2^-52, rounded half to even; `None` if it is not finite or |x| >= 2,048.
pub fn fx(x: f64) -> Option<i64> {
    (x.abs() < 2048.0).then(|| (x * UNITS).round_ties_even() as i64)
}

/// A sum of units as a number; exact up to the one rounding of the conversion.
pub fn to_f64(sum: i128) -> f64 {
    sum as f64 / UNITS
}

/// Exact sums of r and r^2 over all returns and over the 16 blocks they are split into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// Number of returns that were added.
    pub returns: u64,
    /// Sum of r, in units of 2^-52.
    pub s1: i128,
    /// Sum of r squared.
    pub s2: i128,
    /// Sum of r squared over the negative returns (Sortino).
    pub s2_down: i128,
    /// The same per block; block b holds the returns from b*T/16 up to (b+1)*T/16.
    pub blocks: [BlockSum; BLOCKS],
}

impl Sums {
    /// The sums of `returns`; `None` where a term or a block leaves the range of 64 bits (X23 `NotFinite`).
    pub fn from_returns(returns: &[f64]) -> Option<Sums> {
        let mut out = Sums {
            returns: returns.len() as u64,
            s1: 0,
            s2: 0,
            s2_down: 0,
            blocks: [BlockSum::default(); BLOCKS],
        };
        for (b, block) in out.blocks.iter_mut().enumerate() {
            let (mut s1, mut s2, mut down) = (0_i128, 0_i128, 0_i128);
            for &r in &returns[block_start(b, returns.len())..block_start(b + 1, returns.len())] {
                let square = i128::from(fx(r * r)?);
                s1 += i128::from(fx(r)?);
                s2 += square;
                if r < 0.0 {
                    down += square;
                }
            }
            *block = BlockSum { s1: i64::try_from(s1).ok()?, s2: i64::try_from(s2).ok()? };
            out.s1 += s1;
            out.s2 += s2;
            out.s2_down += down;
        }
        Some(out)
    }

    /// Mean of r (A4). Meaningless without returns.
    pub fn mean(&self) -> f64 {
        to_f64(self.s1) / self.returns as f64
    }

    /// Sum of squares about the mean; may be a rounding error below zero.
    pub fn squares(&self) -> f64 {
        let (mean, t) = (self.mean(), self.returns as f64);
        to_f64(self.s2) - mean * mean * t
    }

    /// Variance with ddof 1. Meaningless below two returns.
    pub fn variance(&self) -> f64 {
        self.squares() / (self.returns as f64 - 1.0)
    }

    /// Whether the returns have no variance worth the name (X23): squares about the mean at most 1e-10 of the sum
    /// of squares.
    pub fn is_flat(&self) -> bool {
        self.squares() <= 1e-10 * to_f64(self.s2)
    }
}

/// The first return of block `b` of `returns` returns.
pub fn block_start(b: usize, returns: usize) -> usize {
    b * returns / BLOCKS
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract A1.
    #[test]
    fn conversion_rounds_half_to_even_and_has_a_range() {
        assert_eq!(fx(0.01), Some(45_035_996_273_705));
        assert_eq!(fx(0.01 * 0.01), Some(450_359_962_737));
        assert_eq!(fx(0.5 / UNITS), Some(0));
        assert_eq!(fx(1.5 / UNITS), Some(2));
        assert_eq!(fx(-2.5 / UNITS), Some(-2));
        assert_eq!(fx(2048.0), None);
        assert_eq!(fx(-2048.0), None);
        assert!(fx(2047.9).is_some());
        assert_eq!(fx(f64::NAN), None);
        assert_eq!(fx(f64::NEG_INFINITY), None);
    }

    // Contract A1.
    #[test]
    fn a_term_or_block_out_of_range_has_no_sums() {
        assert!(Sums::from_returns(&[0.1, 2048.0]).is_none());
        assert!(Sums::from_returns(&[0.1, 46.0]).is_none(), "the square is out of range");
        assert!(Sums::from_returns(&[45.0; 32]).is_none(), "the squares of a block are out of range");
        let sums = Sums::from_returns(&[45.0; 16]).unwrap();
        assert_eq!(sums.s2, 16 * i128::from(fx(2025.0).unwrap()), "a total is wider than its blocks");
    }

    #[test]
    fn blocks_add_up_to_the_whole_and_split_the_rows_evenly() {
        let returns: Vec<f64> = (0..100).map(|i| (f64::from(i) - 40.0) * 1e-4).collect();
        let sums = Sums::from_returns(&returns).unwrap();
        assert_eq!(sums.s1, sums.blocks.iter().map(|b| i128::from(b.s1)).sum());
        assert_eq!(sums.s2, sums.blocks.iter().map(|b| i128::from(b.s2)).sum());
        let lengths: Vec<usize> =
            (0..BLOCKS).map(|b| block_start(b + 1, 100) - block_start(b, 100)).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 100);
        assert!(lengths.iter().all(|&n| n == 6 || n == 7));
    }
}
