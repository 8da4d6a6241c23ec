//! Trees of all depths at once: a tree of fewer splits is a deeper one cut off, so each node knows the value of the leaf
//! that it would be. What is summed of its samples are integers, so the sums of one side are those of the node less those
//! of the other side.

use crate::interrupt::Interrupt;
use crate::q52::{UNITS, to_f64};
use crate::strategies::learning::forest::{BINS, LEAST_PER_SIDE, LEAST_TO_SPLIT};
use std::ops::{AddAssign, Sub, SubAssign};

use super::lessons::FEATURES;

/// A node: the one after it is its left side, if it is split.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Mean target of its samples.
    value: f64,
    /// Number of its right side; 0: it is not split.
    right: u32,
    input: u8,
    /// Last bin of the left side.
    at: u8,
}

/// A grown tree.
#[derive(Clone, Debug)]
pub(super) struct Tree(Vec<Node>);

/// A row's bin of each component.
pub(super) type Bins = [u8; FEATURES];

/// What trees are grown of: bins and targets of the training rows, and how many components trees see.
pub(super) struct Samples<'a> {
    pub(super) bins: &'a [Bins],
    /// In units of 2^-52.
    pub(super) targets: &'a [i64],
    pub(super) inputs: usize,
}

/// Sums of targets: 64 bits where those of all samples fit.
trait Sum: Copy + Default + AddAssign + SubAssign + Sub<Output = Self> + From<i64> {
    /// The sum as a number: [`to_f64`].
    fn value(self) -> f64;
}

impl Sum for i64 {
    #[inline(always)]
    fn value(self) -> f64 {
        // The same rounding as from 128 bits, in one instruction.
        self as f64 / UNITS
    }
}

impl Sum for i128 {
    fn value(self) -> f64 {
        to_f64(self)
    }
}

/// Counts and sums by component and bin.
#[derive(Clone)]
struct Histogram<S> {
    counts: [[u32; BINS]; FEATURES],
    sums: [[S; BINS]; FEATURES],
}

impl Tree {
    /// Grows a tree of at most `depth` splits on the rows `chosen` (repeats count). It means nothing once `interrupt` has
    /// risen.
    #[inline(always)]
    pub(super) fn grow(samples: &Samples, mut chosen: Vec<u32>, depth: usize, interrupt: Interrupt) -> Tree {
        let largest = samples.targets.iter().map(|x| x.unsigned_abs()).max().unwrap_or(0);
        let fits = largest.checked_mul(chosen.len() as u64).is_some_and(|most| most < 1 << 63);
        let (mut nodes, mut aside) = (Vec::new(), vec![0; chosen.len()]);
        if fits {
            let root = Histogram::<i64>::of(samples, &chosen);
            grow(samples, (&mut chosen, &mut aside), root, depth, interrupt, &mut nodes);
        } else {
            let root = Histogram::<i128>::of(samples, &chosen);
            grow(samples, (&mut chosen, &mut aside), root, depth, interrupt, &mut nodes);
        }
        Tree(nodes)
    }

    /// Calls `visit` with the value of trees of 0, 1, 2, .. splits at a row of bins; the last one is that of all deeper ones.
    #[inline(always)]
    pub(super) fn values(&self, bins: &Bins, mut visit: impl FnMut(f64)) {
        let mut at = 0;
        loop {
            let node = &self.0[at];
            visit(node.value);
            if node.right == 0 {
                return;
            }
            at = if bins[node.input as usize] <= node.at { at + 1 } else { node.right as usize };
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Tree>() + self.0.len() * size_of::<Node>()
    }
}

#[inline(always)]
fn score(sum: impl Sum, n: usize) -> f64 {
    let s = sum.value();
    s * s / n as f64
}

fn grow<S: Sum>(
    samples: &Samples,
    (chosen, aside): (&mut [u32], &mut [u32]),
    histogram: Histogram<S>,
    depth: usize,
    interrupt: Interrupt,
    nodes: &mut Vec<Node>,
) {
    let n = chosen.len();
    let mut sum = S::default();
    histogram.sums[0].iter().for_each(|&x| sum += x);
    let own = nodes.len();
    nodes.push(Node { value: sum.value() / n as f64, right: 0, input: 0, at: 0 });
    if depth == 0 || n < LEAST_TO_SPLIT || interrupt.is_asked() {
        return;
    }
    let Some((input, at)) = histogram.best_split(samples.inputs, n, sum) else { return };
    let middle = partition(chosen, aside, |row| samples.bins[row as usize][input] <= at);
    let (left, right) = chosen.split_at_mut(middle);
    // Only the shorter side is counted; nobody looks at the histogram of a leaf but for its sum.
    let (left_histogram, right_histogram) = if left.len() < right.len() {
        let counted = Histogram::of(samples, left);
        let rest = histogram.less(&counted, samples.inputs);
        (counted, rest)
    } else {
        let counted = Histogram::of(samples, right);
        (histogram.less(&counted, samples.inputs), counted)
    };
    grow(samples, (left, aside), left_histogram, depth - 1, interrupt, nodes);
    let second = nodes.len() as u32;
    grow(samples, (right, aside), right_histogram, depth - 1, interrupt, nodes);
    nodes[own] = Node { right: second, input: input as u8, at, ..nodes[own] };
}

/// Brings what `goes_left` to the front; how many they are. Each row is written to both sides, and only one of them moves
/// on: which it is nobody can foretell, and a processor that guesses wrong has lost more.
fn partition(chosen: &mut [u32], aside: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let (mut middle, mut right) = (0, 0);
    for i in 0..chosen.len() {
        let row = chosen[i];
        let left = goes_left(row);
        chosen[middle] = row;
        aside[right] = row;
        middle += usize::from(left);
        right += usize::from(!left);
    }
    chosen[middle..].copy_from_slice(&aside[..right]);
    middle
}

impl<S: Sum> Histogram<S> {
    fn of(samples: &Samples, chosen: &[u32]) -> Histogram<S> {
        let mut out = Histogram { counts: [[0; BINS]; FEATURES], sums: [[S::default(); BINS]; FEATURES] };
        for &row in chosen {
            let target = S::from(samples.targets[row as usize]);
            let bins = &samples.bins[row as usize][..samples.inputs];
            for ((&bin, counts), sums) in bins.iter().zip(&mut out.counts).zip(&mut out.sums) {
                let bin = bin as usize % BINS;
                counts[bin] += 1;
                sums[bin] += target;
            }
        }
        out
    }

    /// What is left without the samples of another.
    fn less(mut self, other: &Histogram<S>, inputs: usize) -> Histogram<S> {
        for (a, b) in self.counts[..inputs].iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *a -= b;
        }
        for (a, b) in self.sums[..inputs].iter_mut().flatten().zip(other.sums.iter().flatten()) {
            *a -= *b;
        }
        self
    }

    /// The first split with the highest score above that of no split.
    fn best_split(&self, inputs: usize, n: usize, sum: S) -> Option<(usize, u8)> {
        let (mut best, mut split) = (score(sum, n), None);
        for (k, (counts, sums)) in self.counts.iter().zip(&self.sums).take(inputs).enumerate() {
            let (mut left, mut left_sum) = (0, S::default());
            for b in 0..BINS - 1 {
                left += counts[b] as usize;
                left_sum += sums[b];
                let right = n - left;
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::learning::forest::{self, Draws};

    // Contract R12.
    #[test]
    fn a_tree_knows_the_values_of_all_that_are_less_deep() {
        let mut draws = Draws::new("test", 0, 0);
        for (shift, inputs) in [(10, 1), (10, 4), (0, 8), (0, 12)] {
            let bins: Vec<Bins> =
                (0..300).map(|_| std::array::from_fn(|_| draws.below(BINS) as u8)).collect();
            // Without the shift the sums of all samples need more than 64 bits.
            let targets: Vec<i64> = (0..300)
                .map(|i| {
                    ((draws.below(1 << 62) as i64 - (1 << 61)) >> shift) + i64::from(bins[i][0]) * (1 << 40)
                })
                .collect();
            let chosen: Vec<u32> = (0..300).map(|_| draws.below(300) as u32).collect();
            let samples = Samples { bins: &bins, targets: &targets, inputs };
            let tree = Tree::grow(&samples, chosen.clone(), 6, Interrupt::NEVER);
            let plain: Vec<Vec<u8>> = bins.iter().map(|bins| bins[..inputs].to_vec()).collect();
            for depth in 0..=6 {
                let samples = forest::Samples { bins: &plain, targets: &targets };
                let chosen = chosen.iter().map(|&row| row as usize).collect();
                let expected = forest::Tree::grow(&samples, chosen, depth, Interrupt::NEVER);
                for (bins, plain) in bins.iter().zip(&plain) {
                    let mut values = Vec::new();
                    tree.values(bins, |value| values.push(value));
                    let value = values[depth.min(values.len() - 1)];
                    assert_eq!(value.to_bits(), expected.value(plain).to_bits(), "depth {depth}");
                }
            }
        }
    }
}
