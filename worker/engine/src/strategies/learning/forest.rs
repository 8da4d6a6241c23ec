//! Regression trees on binned inputs, grown on keyed bootstrap samples with exact integer sums.

use crate::interrupt::Interrupt;
use crate::q52::to_f64;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Bins that the values of each input are sorted into before trees are grown.
pub const BINS: usize = 16;

/// Fewer samples are a leaf.
pub(crate) const LEAST_TO_SPLIT: usize = 20;
/// Fewest samples of each side of a split.
pub(crate) const LEAST_PER_SIDE: usize = 10;

/// The draws of one tree: keyed by strategy, refit and tree only. A job's seed in the key would give one genome
/// two fitnesses.
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The draws of tree `tree` of refit `refit` of a strategy.
    pub fn new(strategy: &str, refit: u64, tree: u64) -> Draws {
        let mut rng = ChaCha8Rng::from_seed(key(strategy));
        rng.set_stream((refit << 32) | tree);
        Draws(rng)
    }

    /// The next whole number below `n`, from one 64-bit draw.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }
}

fn key(strategy: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"galapagos.strategy.v1").update(strategy.as_bytes());
    *hasher.finalize().as_bytes()
}

/// The inner edges of the bins of one input: its training values at every sixteenth.
pub fn edges(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (1..BINS).map(|b| sorted[b * sorted.len() / BINS]).collect()
}

/// The bin of `x`: the number of edges <= x.
pub fn bin(edges: &[f64], x: f64) -> u8 {
    edges.iter().filter(|&&e| e <= x).count() as u8
}

/// Training data: one row of bins and one target in units of 2^-52 per sample.
pub struct Samples<'a> {
    /// The bin of each input, one vector a sample.
    pub bins: &'a [Vec<u8>],
    /// The value to predict, one a sample, in units of 2^-52.
    pub targets: &'a [i64],
}

/// A grown regression tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// The mean target of its samples.
    Leaf(f64),
    /// Samples with `bins[input] <= at` go left.
    Split {
        /// Index of the input that is compared.
        input: usize,
        /// Last bin of the left side.
        at: u8,
        /// The tree of the rows at or below the bin.
        left: Box<Tree>,
        /// The tree of the rows above it.
        right: Box<Tree>,
    },
}

impl Tree {
    /// Grows a tree of at most `depth` splits on the rows `chosen` (repeats count). It means nothing once `interrupt`
    /// has risen.
    pub fn grow(samples: &Samples, chosen: Vec<usize>, depth: usize, interrupt: Interrupt) -> Tree {
        let sum: i128 = chosen.iter().map(|&i| i128::from(samples.targets[i])).sum();
        let leaf = Tree::Leaf(to_f64(sum) / chosen.len() as f64);
        if depth == 0 || chosen.len() < LEAST_TO_SPLIT || interrupt.is_asked() {
            return leaf;
        }
        let Some((input, at)) = best_split(samples, &chosen, sum) else { return leaf };
        let (left, right): (Vec<usize>, Vec<usize>) =
            chosen.into_iter().partition(|&i| samples.bins[i][input] <= at);
        let side = |rows| Box::new(Tree::grow(samples, rows, depth - 1, interrupt));
        Tree::Split { input, at, left: side(left), right: side(right) }
    }

    /// The leaf value of a row of bins.
    pub fn value(&self, bins: &[u8]) -> f64 {
        match self {
            Tree::Leaf(x) => *x,
            Tree::Split { input, at, left, right } => {
                if bins[*input] <= *at {
                    left.value(bins)
                } else {
                    right.value(bins)
                }
            }
        }
    }
}

/// The first split with the highest score above that of no split.
fn best_split(samples: &Samples, chosen: &[usize], sum: i128) -> Option<(usize, u8)> {
    let score = |sum: i128, n: usize| {
        let s = to_f64(sum);
        s * s / n as f64
    };
    let inputs = samples.bins.first().map_or(0, Vec::len);
    let mut counts = vec![[0_usize; BINS]; inputs];
    let mut sums = vec![[0_i128; BINS]; inputs];
    for &i in chosen {
        for (k, &b) in samples.bins[i].iter().enumerate() {
            counts[k][b as usize] += 1;
            sums[k][b as usize] += i128::from(samples.targets[i]);
        }
    }
    let (mut best, mut split) = (score(sum, chosen.len()), None);
    for k in 0..inputs {
        let (mut left, mut left_sum) = (0, 0);
        for b in 0..BINS - 1 {
            left += counts[k][b];
            left_sum += sums[k][b];
            let right = chosen.len() - left;
            if left >= LEAST_PER_SIDE && right >= LEAST_PER_SIDE {
                let s = score(left_sum, left) + score(sum - left_sum, right);
                if s > best {
                    (best, split) = (s, Some((k, b as u8)));
                }
            }
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract R12.
    #[test]
    fn draws_are_the_worked_ones() {
        let hex: String = key("pca_tree_quantile").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "7c75cf1f95812e6d3a0ab7f561357860bf00484102b18e190a7f7d9bc7de6e8c");
        let draw = |refit, tree, count| -> Vec<usize> {
            let mut draws = Draws::new("pca_tree_quantile", refit, tree);
            (0..count).map(|_| draws.below(500)).collect()
        };
        assert_eq!(draw(0, 0, 5), [160, 465, 54, 39, 460]);
        assert_eq!(draw(1, 2, 3), [143, 83, 164]);
    }

    #[test]
    fn equal_values_share_a_bin_and_equal_edges_leave_bins_empty() {
        let values = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0];
        let e = edges(&values);
        assert_eq!(e.len(), 15);
        assert_eq!(bin(&e, 0.5), 0);
        assert_eq!((bin(&e, 1.0), bin(&e, 1.5), bin(&e, 2.0), bin(&e, 9.0)), (7, 7, 11, 15));
    }

    #[test]
    fn a_step_is_found_and_the_first_of_equal_splits_is_taken() {
        let bins: Vec<Vec<u8>> = (0..40).map(|i| vec![(i / 20) * 8, (i / 20) * 8]).collect();
        let targets: Vec<i64> = (0..40).map(|i| if i < 20 { -(1 << 50) } else { 1 << 50 }).collect();
        let tree =
            Tree::grow(&Samples { bins: &bins, targets: &targets }, (0..40).collect(), 2, Interrupt::NEVER);
        let leaf = |x| Box::new(Tree::Leaf(x));
        assert_eq!(tree, Tree::Split { input: 0, at: 0, left: leaf(-0.25), right: leaf(0.25) });
        assert_eq!(tree.value(&[9, 0]), 0.25);
    }

    #[test]
    fn nineteen_samples_and_constant_targets_make_a_leaf() {
        let bins: Vec<Vec<u8>> = (0..40).map(|i| vec![i % 16]).collect();
        let varied: Vec<i64> = (0..40).map(|i| i64::from(i % 16) << 40).collect();
        let few =
            Tree::grow(&Samples { bins: &bins, targets: &varied }, (0..19).collect(), 4, Interrupt::NEVER);
        let flat =
            Tree::grow(&Samples { bins: &bins, targets: &[0; 40] }, (0..40).collect(), 4, Interrupt::NEVER);
        assert!(matches!(few, Tree::Leaf(_)));
        assert_eq!(flat, Tree::Leaf(0.0));
    }
}
