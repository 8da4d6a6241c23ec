//! How far a find's numbers could lie apart: the stationary bootstrap of its returns (Politis and Romano 1994; H12).
//! Returns are drawn in blocks, never one by one: a shuffle would assume that they do not depend on each other.

use crate::NullReason;
use crate::draws::{Streams, Test};
use crate::hits::Hits;
use crate::paths::{Paths as Drawn, SIDE};
use crate::perf::perf;
use crate::slots::in_parts;
use galapagos_engine::q52::fx;
use galapagos_genetics::draws::Draws;
use std::ops::Range;

/// Fewer returns are too short for it.
pub const SHORTEST: usize = 20;

/// How many samples are drawn if the manifest does not say.
pub const SAMPLES: u32 = 1_000;

/// A probability below this is never met by a draw: 2^-53.
const SMALLEST: f64 = 1.0 / (1_u64 << 53) as f64;

/// An interval that holds 95 of 100 samples, or the widest there is.
pub type Interval = [f64; 2];

/// What the samples say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Mean length of a block.
    pub mean_block: u64,
    /// Annual Sharpe ratio; 0 without variance.
    pub sharpe: Interval,
    /// Return of the whole path.
    pub total_return: Interval,
    /// Largest drawdown, a positive share.
    pub max_drawdown: Interval,
    /// Samples with a Sharpe ratio of at most 0.
    pub losses: Hits,
}

/// How the paths are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paths {
    /// Mean length of a block; `None`: [`mean_block`].
    pub mean_block: Option<u64>,
    /// Number of paths.
    pub samples: u32,
    /// The job's seed.
    pub seed: u64,
}

/// The least L with L³ >= T.
pub fn mean_block(returns: u64) -> u64 {
    let t = u128::from(returns);
    let (mut low, mut high) = (1_u128, 1 << 22);
    while low < high {
        let middle = (low + high) / 2;
        if middle * middle * middle >= t { high = middle } else { low = middle + 1 }
    }
    low as u64
}

/// Blocks of geometric length around a circle of returns.
#[derive(Clone, Debug)]
pub struct Blocks {
    returns: usize,
    /// Probability that a block is longer than k: (1 - 1/L)^k, k = 1, 2, ... by multiplication, so that no logarithm
    /// decides a length.
    longer: Vec<f64>,
}

impl Blocks {
    /// Of so many returns and of this mean length, at least 1.
    pub fn new(returns: usize, mean_block: u64) -> Blocks {
        let length = if mean_block == 0 { 1.0 } else { mean_block as f64 };
        let stay = 1.0 - 1.0 / length;
        let mut longer = Vec::new();
        let mut g = stay;
        while g >= SMALLEST && longer.len() < returns {
            longer.push(g);
            g *= stay;
        }
        Blocks { returns, longer }
    }

    /// Start and length of the next block: below(T), then 1 + the number of leading k with u01 < g_k.
    fn next(&self, draws: &mut Draws) -> (usize, usize) {
        let start = draws.index(self.returns);
        let u = draws.u01();
        (start, 1 + self.longer.partition_point(|&g| u < g))
    }

    /// The returns of a sample, by position; as many as there are.
    pub fn path(&self, seed: u64, sample: u32) -> Vec<usize> {
        let mut walk = Walk::new(self, seed, sample);
        let runs = std::iter::from_fn(|| walk.next(self));
        runs.flatten().collect()
    }
}

/// The way of a sample along its path, from stretch to stretch of rising positions.
pub(crate) struct Walk {
    streams: Streams,
    /// What is left of the block behind the stretch, and of the path behind the block.
    block: usize,
    path: usize,
}

impl Walk {
    pub fn new(blocks: &Blocks, seed: u64, sample: u32) -> Walk {
        let mut streams = Streams::new(seed);
        streams.at(Test::Bootstrap, 0, sample);
        Walk { streams, block: 0, path: blocks.returns }
    }

    /// The next stretch; a block that passes the last return goes on at the first.
    pub fn next(&mut self, blocks: &Blocks) -> Option<Range<usize>> {
        let mut start = 0;
        if self.block == 0 {
            if self.path == 0 {
                return None;
            }
            let (first, length) = blocks.next(self.streams.current());
            start = first;
            self.block = length.min(self.path);
            self.path -= self.block;
        }
        let end = blocks.returns.min(start + self.block);
        self.block -= end - start;
        Some(start..end)
    }
}

/// Intervals of a find's Sharpe ratio, return and drawdown; `riskless` is the rate of a bar.
pub fn bootstrap(
    returns: &[f64],
    bars_per_year: f64,
    riskless: f64,
    paths: Paths,
    slots: usize,
) -> Result<Bootstrap, NullReason> {
    if returns.len() < SHORTEST || paths.samples == 0 {
        return Err(NullReason::TooShort);
    }
    let mean_block = paths.mean_block.unwrap_or_else(|| mean_block(returns.len() as u64));
    let source = Source::new(returns, mean_block)?;
    let all = in_parts(paths.samples as usize, slots, |range| {
        let groups = range.clone().step_by(SIDE).map(|first| first..range.end.min(first + SIDE));
        groups.flat_map(|samples| source.samples(paths.seed, samples, riskless)).collect::<Vec<_>>()
    })
    .concat();
    let year = bars_per_year.sqrt();
    let hits = all.iter().filter(|s| s.sharpe <= 0.0).count() as u64;
    Ok(Bootstrap {
        mean_block,
        sharpe: interval(all.iter().map(|s| s.sharpe * year).collect()),
        total_return: interval(all.iter().map(|s| s.total_return).collect()),
        max_drawdown: interval(all.iter().map(|s| s.max_drawdown).collect()),
        losses: Hits { hits, samples: u64::from(paths.samples) },
    })
}

/// sorted[⌊.025M⌋] and sorted[M - 1 - ⌊.025M⌋] of M values.
fn interval(mut values: Vec<f64>) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    let cut = values.len() / 40;
    [values[cut], values[values.len() - 1 - cut]]
}

struct Source {
    blocks: Blocks,
    /// Sums of r and r² before each position.
    sums: Vec<(i128, i128)>,
    /// 1 + r.
    growth: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Sample {
    sharpe: f64,
    total_return: f64,
    max_drawdown: f64,
}

impl Source {
    fn new(returns: &[f64], mean_block: u64) -> Result<Source, NullReason> {
        let mut sums = vec![(0, 0)];
        let (mut s1, mut s2) = (0_i128, 0_i128);
        for &r in returns {
            s1 += i128::from(fx(r).ok_or(NullReason::NotFinite)?);
            s2 += i128::from(fx(r * r).ok_or(NullReason::NotFinite)?);
            sums.push((s1, s2));
        }
        let growth = returns.iter().map(|r| 1.0 + r).collect();
        Ok(Source { blocks: Blocks::new(returns.len(), mean_block), sums, growth })
    }

    /// Those of a seed, at most as many as are taken side by side.
    fn samples(&self, seed: u64, samples: Range<usize>, riskless: f64) -> Vec<Sample> {
        let mut paths = Drawn::new(&self.blocks, &self.growth, seed, samples);
        let (mut s1, mut s2) = ([0; SIDE], [0; SIDE]);
        // The lowest equity since the peak is divided by it once: division keeps the order, so the ratio is the lowest.
        let [mut equity, mut peak, mut trough, mut lowest] = [[1.0; SIDE]; 4];
        while let Some(rows) = paths.next(|lane, run| {
            s1[lane] += self.sums[run.end].0 - self.sums[run.start].0;
            s2[lane] += self.sums[run.end].1 - self.sums[run.start].1;
        }) {
            for row in rows {
                // Without a branch for each lane, so that lanes are taken at once.
                let mut risen = 0;
                for lane in 0..SIDE {
                    equity[lane] *= row[lane];
                    let higher = if equity[lane] > peak[lane] { equity[lane] } else { peak[lane] };
                    risen |= higher.to_bits() ^ peak[lane].to_bits();
                }
                if risen != 0 {
                    for lane in 0..SIDE {
                        if equity[lane] > peak[lane] {
                            lowest[lane] = lower(lowest[lane], trough[lane] / peak[lane]);
                            peak[lane] = equity[lane];
                            trough[lane] = equity[lane];
                        }
                    }
                }
                // At the peak it is the equity.
                for lane in 0..SIDE {
                    trough[lane] = lower(trough[lane], equity[lane]);
                }
            }
        }
        let sample = |lane: usize| Sample {
            sharpe: perf(s1[lane], s2[lane], self.growth.len() as u64, riskless),
            total_return: equity[lane] - 1.0,
            max_drawdown: 1.0 - lower(lowest[lane], trough[lane] / peak[lane]),
        };
        (0..paths.lanes()).map(sample).collect()
    }
}

fn lower(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}
