//! The effective number of trials: how many different strategies a search has tried (H7).

use crate::perf::{is_flat, perf, totals};
use galapagos_engine::evaluation::{BLOCKS, BlockSum};
use galapagos_engine::q52::to_f64;

/// From this correlation of block returns on, a trial is a copy.
pub const CORRELATION: f64 = 0.95;

/// No more leaders than these are compared with.
pub const MOST: usize = 4_096;

/// Leaders that are compared at once.
const LANES: usize = 8;

/// A trial as far as its likeness to others goes.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Sums of its blocks, at most 16.
    pub blocks: &'a [BlockSum],
    /// Decides between equal Sharpe ratios: the lower comes first.
    pub hash: u128,
}

/// The rules of the comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// From this correlation on, a trial is a copy.
    pub correlation: f64,
    /// No more leaders than these are compared with.
    pub most: usize,
}

impl Default for Likeness {
    fn default() -> Likeness {
        Likeness { correlation: CORRELATION, most: MOST }
    }
}

/// Those of the trials that are no copy of a better one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaders {
    /// Positions in the list of trials, best first; at most [`Likeness::most`].
    pub found: Vec<usize>,
    /// How many strategies were tried in effect: the leaders, and beyond the most of them all that copy none.
    pub effective: u64,
}

/// Goes through the trials from the highest Sharpe ratio of all returns down; one whose block returns correlate with
/// those of a leader found before is its copy, else it is a leader. Trials without variance are left out.
pub fn leaders(trials: &[Trial], returns: u64, riskless: f64, likeness: Likeness) -> Leaders {
    let mut order: Vec<(f64, u128, usize)> = Vec::with_capacity(trials.len());
    for (position, trial) in trials.iter().enumerate() {
        let (s1, s2) = totals(trial.blocks);
        if returns >= 2 && !is_flat(s1, s2, returns) {
            order.push((perf(s1, s2, returns, riskless), trial.hash, position));
        }
    }
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut known = Known::default();
    let mut out = Leaders { found: Vec::new(), effective: 0 };
    for (_, _, position) in order {
        let z = standardised(trials[position].blocks);
        if known.has_like(&z, likeness.correlation) {
            continue;
        }
        out.effective += 1;
        if out.found.len() < likeness.most {
            known.add(&z);
            out.found.push(position);
        }
    }
    out
}

/// Block returns less their mean, scaled to length 1: the product of two of them is their correlation. All 0 where
/// every block earned the same, which is like nothing.
fn standardised(blocks: &[BlockSum]) -> [f64; BLOCKS] {
    let mut z = [0.0; BLOCKS];
    for (z, block) in z.iter_mut().zip(blocks) {
        *z = to_f64(i128::from(block.s1));
    }
    let used = &mut z[..blocks.len().min(BLOCKS)];
    let mean = used.iter().sum::<f64>() / used.len() as f64;
    used.iter_mut().for_each(|d| *d -= mean);
    let length = used.iter().map(|d| d * d).sum::<f64>().sqrt();
    if length > 0.0 {
        used.iter_mut().for_each(|d| *d /= length);
    }
    z
}

/// Leaders side by side, so that one trial is compared with several at once: `groups[g][j][lane]` is block j of leader
/// g·LANES + lane. Lanes without a leader hold zeros, which are like nothing.
#[derive(Default)]
struct Known {
    groups: Vec<[[f64; LANES]; BLOCKS]>,
    count: usize,
}

impl Known {
    fn add(&mut self, z: &[f64; BLOCKS]) {
        let lane = self.count % LANES;
        if lane == 0 {
            self.groups.push([[0.0; LANES]; BLOCKS]);
        }
        if let Some(group) = self.groups.last_mut() {
            for (row, z) in group.iter_mut().zip(z) {
                row[lane] = *z;
            }
        }
        self.count += 1;
    }

    fn has_like(&self, z: &[f64; BLOCKS], correlation: f64) -> bool {
        self.groups.iter().any(|group| {
            let mut products = [0.0; LANES];
            for (row, z) in group.iter().zip(z) {
                for (product, l) in products.iter_mut().zip(row) {
                    *product += z * l;
                }
            }
            products.iter().any(|&product| product >= correlation)
        })
    }
}
