//! How much a search space overfits: the probability of backtest overfitting (PBO) by combinatorially symmetric
//! cross-validation (Bailey, Borwein, López de Prado and Zhu 2017; H8).
//!
//! Every half of the blocks is in sample once, the other half out of sample. Who is best in the one is looked up in the
//! other: if it is below the median there in half of the splits, being best says nothing.

use crate::NullReason;
use crate::perf::{block_start, of_numbers, totals};
use crate::slots::in_parts;
use crate::trials::FEWEST;
use galapagos_engine::evaluation::BlockSum;
use galapagos_engine::q52::{UNITS, to_f64};

/// Fewer returns are too short for splits.
pub const SHORTEST: u64 = 32;

/// Block sums of trials, all over the same returns, in the order of their hashes.
#[derive(Clone, Debug)]
pub struct Matrix {
    blocks: usize,
    returns: u64,
    /// Row by row.
    sums: Vec<BlockSum>,
}

impl Matrix {
    /// An empty matrix; `None` unless the number of blocks is even, from 2 to 16.
    pub fn new(blocks: usize, returns: u64) -> Option<Matrix> {
        (blocks.is_multiple_of(2) && (2..=16).contains(&blocks)).then(|| Matrix {
            blocks,
            returns,
            sums: Vec::new(),
        })
    }

    /// Adds the next trial; false, and nothing added, if it has another number of blocks.
    pub fn push(&mut self, trial: &[BlockSum]) -> bool {
        let fits = trial.len() == self.blocks;
        if fits {
            self.sums.extend_from_slice(trial);
        }
        fits
    }

    /// Number of trials.
    pub fn trials(&self) -> usize {
        self.sums.len() / self.blocks
    }
}

/// What all splits together say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cscv {
    /// Number of splits.
    pub splits: u64,
    /// Number of trials.
    pub trials: u64,
    /// Splits in which the best was not above the median of the other half.
    pub overfit_splits: u64,
    /// Their share, PBO.
    pub pbo: f64,
    /// Splits in which the best had a Sharpe ratio below 0 in the other half.
    pub loss_splits: u64,
    /// Their share.
    pub probability_of_loss: f64,
    /// Lower median of ln(ω/(1 - ω)), ω the relative rank of the best in the other half.
    pub median_logit: f64,
    /// Slope of the best's ratio in the other half on its ratio in its own; `None` where the latter never differs.
    pub slope: Option<f64>,
}

/// [`cscv`] where there are enough trials and returns for it.
pub fn pbo(matrix: &Matrix, riskless: f64, slots: usize) -> Result<Cscv, NullReason> {
    if matrix.trials() < FEWEST {
        return Err(NullReason::TooFewTrials);
    }
    if matrix.returns < SHORTEST {
        return Err(NullReason::TooShort);
    }
    cscv(matrix, riskless, slots)
}

/// The splits of at least one trial.
pub fn cscv(matrix: &Matrix, riskless: f64, slots: usize) -> Result<Cscv, NullReason> {
    let trials = matrix.trials();
    if trials == 0 {
        return Err(NullReason::TooFewTrials);
    }
    let full = ((1_u32 << matrix.blocks) - 1) as usize;
    // A mask and its complement share their ratios, so pairs are gone through: those masks that have the last block out.
    let firsts: Vec<usize> =
        (0..=full >> 1).filter(|m| m.count_ones() as usize * 2 == matrix.blocks).collect();
    let tables = Tables::new(matrix);
    let pairs = in_parts(firsts.len(), slots, |range| {
        let (mut a, mut b) = (vec![0.0; trials], vec![0.0; trials]);
        let mut out = Vec::with_capacity(range.len());
        for &mask in &firsts[range] {
            tables.ratios(mask, riskless, &mut a);
            tables.ratios(full ^ mask, riskless, &mut b);
            out.push([split(&a, &b), split(&b, &a)]);
        }
        out
    })
    .concat();
    // The complements of rising masks fall.
    let rising = pairs.iter().map(|p| p[0]).chain(pairs.iter().rev().map(|p| p[1]));
    Ok(summary(&rising.collect::<Vec<_>>(), trials as u64))
}

/// What one split says of the trial that is best in sample.
#[derive(Clone, Copy)]
struct Split {
    inside: f64,
    outside: f64,
    /// Twice the average rank out of sample, from the lowest: 2·#{lower} + #{equal} + 1, itself included.
    rank2: u64,
}

fn split(inside: &[f64], outside: &[f64]) -> Split {
    let mut best = 0;
    for (k, &ratio) in inside.iter().enumerate() {
        // Strictly, so that the lower hash wins a tie.
        if ratio > inside[best] {
            best = k;
        }
    }
    let v = outside[best];
    let (mut lower, mut equal) = (0, 0);
    for &other in outside {
        lower += u64::from(other < v);
        equal += u64::from(other == v);
    }
    Split { inside: inside[best], outside: v, rank2: 2 * lower + equal + 1 }
}

fn summary(splits: &[Split], trials: u64) -> Cscv {
    let count = splits.len() as f64;
    let overfit_splits = splits.iter().filter(|s| s.rank2 <= trials + 1).count() as u64;
    let loss_splits = splits.iter().filter(|s| s.outside < 0.0).count() as u64;
    let mut ranks: Vec<u64> = splits.iter().map(|s| s.rank2).collect();
    ranks.sort_unstable();
    let q = ranks[splits.len() / 2 - 1];
    Cscv {
        splits: splits.len() as u64,
        trials,
        overfit_splits,
        pbo: overfit_splits as f64 / count,
        loss_splits,
        probability_of_loss: loss_splits as f64 / count,
        median_logit: libm::log(q as f64 / (2 * (trials + 1) - q) as f64),
        slope: slope(splits),
    }
}

/// Ordinary least squares, added up in the order of the masks.
fn slope(splits: &[Split]) -> Option<f64> {
    let count = splits.len() as f64;
    let mean_x = splits.iter().map(|s| s.inside).sum::<f64>() / count;
    let mean_v = splits.iter().map(|s| s.outside).sum::<f64>() / count;
    let (mut products, mut squares) = (0.0, 0.0);
    for s in splits {
        let x = s.inside - mean_x;
        products += x * (s.outside - mean_v);
        squares += x * x;
    }
    (squares > 0.0).then(|| products / squares)
}

/// Sums of r and of r² of unions of blocks, each trial in turn: those of the lower half of the blocks, by their mask,
/// and of the upper one. A union is two additions.
struct Tables<'a> {
    matrix: &'a Matrix,
    /// How many blocks the lower half has.
    low_bits: usize,
    low: Vec<[i64; 2]>,
    high: Vec<[i64; 2]>,
    /// Trials whose unions may leave 64 bits: they are added up in 128.
    wide: Vec<usize>,
}

impl<'a> Tables<'a> {
    fn new(matrix: &'a Matrix) -> Tables<'a> {
        let low_bits = matrix.blocks / 2;
        let trials = matrix.trials();
        let partial = |from: usize, bits: usize| {
            let mut table = vec![[0_i64; 2]; trials << bits];
            for mask in 1..1_usize << bits {
                let lowest = mask.trailing_zeros() as usize;
                for k in 0..trials {
                    let [s1, s2] = table[(mask & (mask - 1)) * trials + k];
                    let block = matrix.sums[k * matrix.blocks + from + lowest];
                    table[mask * trials + k] = [s1.wrapping_add(block.s1), s2.wrapping_add(block.s2)];
                }
            }
            table
        };
        let leaves = |trial: &[BlockSum]| {
            let total = |of: fn(&BlockSum) -> i64| {
                trial.iter().map(|b| u128::from(of(b).unsigned_abs())).sum::<u128>() > i64::MAX as u128
            };
            total(|b| b.s1) || total(|b| b.s2)
        };
        let wide = matrix.sums.chunks_exact(matrix.blocks).enumerate().filter(|(_, t)| leaves(t));
        Tables {
            matrix,
            low_bits,
            low: partial(0, low_bits),
            high: partial(low_bits, matrix.blocks - low_bits),
            wide: wide.map(|(k, _)| k).collect(),
        }
    }

    /// The ratio of each trial over the blocks of a mask.
    fn ratios(&self, mask: usize, riskless: f64, out: &mut [f64]) {
        let Matrix { blocks, returns, .. } = *self.matrix;
        let trials = out.len();
        let inside = |b: &usize| mask >> b & 1 == 1;
        let rows = |b| block_start(b + 1, blocks, returns) - block_start(b, blocks, returns);
        let n = (0..blocks).filter(inside).map(rows).sum::<u64>() as f64;
        let row = |mask: usize| mask * trials..(mask + 1) * trials;
        let low = &self.low[row(mask & ((1 << self.low_bits) - 1))];
        let high = &self.high[row(mask >> self.low_bits)];
        for ((ratio, low), high) in out.iter_mut().zip(low).zip(high) {
            let [s1, s2] = [low[0].wrapping_add(high[0]), low[1].wrapping_add(high[1])];
            *ratio = of_numbers(s1 as f64 / UNITS, s2 as f64 / UNITS, n, riskless);
        }
        for &k in &self.wide {
            let trial = &self.matrix.sums[k * blocks..(k + 1) * blocks];
            let union: Vec<BlockSum> = (0..blocks).filter(inside).map(|b| trial[b]).collect();
            let (s1, s2) = totals(&union);
            out[k] = of_numbers(to_f64(s1), to_f64(s2), n, riskless);
        }
    }
}
