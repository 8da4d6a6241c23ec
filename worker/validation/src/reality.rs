//! White's reality check, studentised (White 2000; multipliers for a bootstrap over blocks; H11): is the best of all
//! trials better than cash, given that it is the best of so many?

use crate::NullReason;
use crate::draws::{Streams, Test};
use crate::hits::Hits;
use crate::perf::{block_start, is_flat, perf, totals};
use crate::slots::in_parts;
use galapagos_engine::evaluation::{BLOCKS, BlockSum};
use galapagos_engine::q52::to_f64;

/// Fewer returns are too short for it.
pub const SHORTEST: u64 = 32;

/// How many samples are drawn.
pub const SAMPLES: u32 = 1_000;

/// Trials that are weighed at once.
const LANES: usize = 8;

/// Collects trials, one after the other; what it keeps of each is 16 numbers.
#[derive(Clone, Debug)]
pub struct RealityCheck {
    returns: u64,
    blocks: usize,
    trials: usize,
    /// `groups[g][j][lane]` is block j of trial g·LANES + lane. Lanes without a trial hold what no sample can reach.
    groups: Vec<[[f64; LANES]; BLOCKS]>,
}

/// What the check says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reality {
    /// The winner's Sharpe ratio per bar times the root of the number of returns.
    pub t: f64,
    /// Trials that were weighed.
    pub trials: u64,
    /// Samples whose best trial reaches t by chance.
    pub hits: Hits,
}

impl RealityCheck {
    /// No trial yet, of accounts with so many returns in so many blocks (2 to 16).
    pub fn new(blocks: usize, returns: u64) -> RealityCheck {
        RealityCheck { returns, blocks: blocks.clamp(2, BLOCKS), trials: 0, groups: Vec::new() }
    }

    /// Adds a trial: D_j = (s1_j - mean·n_j)·sqrt(S/(S-1))/(sd·sqrt(T)), what its block j deviates from its mean.
    /// One without variance is left out, and false.
    pub fn push(&mut self, trial: &[BlockSum]) -> bool {
        let (s1, s2) = totals(trial);
        if trial.len() != self.blocks || self.returns < 2 || is_flat(s1, s2, self.returns) {
            return false;
        }
        let (t, s) = (self.returns as f64, self.blocks as f64);
        let mean = to_f64(s1) / t;
        let deviation = ((to_f64(s2) - mean * mean * t) / (t - 1.0)).sqrt();
        let lane = self.trials % LANES;
        if lane == 0 {
            self.groups.push([[f64::NAN; LANES]; BLOCKS]);
        }
        let Some(group) = self.groups.last_mut() else { return false };
        group.iter_mut().for_each(|row| row[lane] = 0.0);
        for (j, (row, block)) in group.iter_mut().zip(trial).enumerate() {
            let rows =
                block_start(j + 1, self.blocks, self.returns) - block_start(j, self.blocks, self.returns);
            let deviates = to_f64(i128::from(block.s1)) - mean * rows as f64;
            row[lane] = deviates * (s / (s - 1.0)).sqrt() / (deviation * t.sqrt());
        }
        self.trials += 1;
        true
    }

    /// The winner against the best of each sample: a sample weighs the blocks by normal draws w (stream (5, 0, sample)),
    /// and its best is the highest Σ w_j·D_j of all trials, added up by rising j.
    pub fn test(
        &self,
        winner: &[BlockSum],
        seed: u64,
        samples: u32,
        slots: usize,
    ) -> Result<Reality, NullReason> {
        if self.returns < SHORTEST {
            return Err(NullReason::TooShort);
        }
        let (s1, s2) = totals(winner);
        if is_flat(s1, s2, self.returns) {
            return Err(NullReason::FlatReturns);
        }
        let t = perf(s1, s2, self.returns, 0.0) * (self.returns as f64).sqrt();
        let hits = in_parts(samples as usize, slots, |range| {
            let mut streams = Streams::new(seed);
            let weights: Vec<[f64; BLOCKS]> = range.map(|s| self.weights(&mut streams, s as u32)).collect();
            let mut best = vec![f64::NEG_INFINITY; weights.len()];
            for group in &self.groups {
                for (best, weights) in best.iter_mut().zip(&weights) {
                    let mut sums = [0.0; LANES];
                    for (row, w) in group.iter().zip(weights) {
                        for (sum, d) in sums.iter_mut().zip(row) {
                            *sum += w * d;
                        }
                    }
                    for sum in sums {
                        *best = if sum > *best { sum } else { *best };
                    }
                }
            }
            best.iter().filter(|&&b| b >= t).count() as u64
        });
        let hits = Hits { hits: hits.iter().sum(), samples: u64::from(samples) };
        Ok(Reality { t, trials: self.trials as u64, hits })
    }

    fn weights(&self, streams: &mut Streams, sample: u32) -> [f64; BLOCKS] {
        let draws = streams.at(Test::RealityCheck, 0, sample);
        let mut weights = [0.0; BLOCKS];
        weights[..self.blocks].iter_mut().for_each(|w| *w = draws.normal());
        weights
    }
}
