//! What an individual costs: learnt from finished batches, per kind.
//!
//! A batch takes `fixed + each x n` seconds: its individuals share series, which are computed once. Both parts are
//! fitted, since a mere mean per individual would call small batches dear, make them smaller still, and so on.

use std::collections::BTreeMap;

use super::Kind;

/// Share of the past that each new batch leaves: about the last dozen count.
const KEEP: f64 = 0.9;
/// Spread of sizes, as a share of their mean, below which a fixed part is hardly believed.
const SPREAD: f64 = 0.2;
/// Share of the mean that each individual costs at least.
const LEAST: f64 = 0.05;
/// Seconds per row between individuals that share series (1 to 4 ns) and those that are simulated (50 to 200 ns).
const SHARED: f64 = 15e-9;

/// Seconds of a batch on an average worker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// Seconds that any batch takes, however small.
    pub fixed: f64,
    /// Seconds that each individual adds.
    pub each: f64,
}

impl Cost {
    /// Seconds of a batch of `n`.
    pub fn seconds(&self, n: usize) -> f64 {
        self.fixed + self.each * n as f64
    }
}

/// Fading sums over batches, of x = 1 / n and y = seconds / n: y = each + fixed x has errors of like size everywhere.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    /// Seconds as they were, not scaled to an average worker.
    raw: f64,
    largest: usize,
}

impl Sums {
    fn cost(&self) -> Cost {
        let (x, y) = (self.x / self.weight, self.y / self.weight);
        let variance = self.xx / self.weight - x * x + (SPREAD * x) * (SPREAD * x);
        let slope = (self.xy / self.weight - x * y) / variance;
        let fixed = slope.clamp(0.0, (1.0 - LEAST) * y / x);
        Cost { fixed, each: (y - fixed * x).max(LEAST * y) }
    }
}

/// The pace of all kinds.
#[derive(Debug, Default)]
pub(super) struct Paces(BTreeMap<Kind, Sums>);

impl Paces {
    /// Learns from a batch of `n` that took `seconds`, on a worker whose batches take `factor` times the usual.
    pub fn observe(&mut self, kind: Kind, n: usize, seconds: f64, factor: f64) {
        if n == 0 || seconds <= 0.0 {
            return;
        }
        let sums = self.0.entry(kind).or_default();
        let (x, y) = (1.0 / n as f64, seconds / factor / n as f64);
        let fade = |sum: &mut f64, value: f64| *sum = KEEP * *sum + value;
        fade(&mut sums.weight, 1.0);
        fade(&mut sums.x, x);
        fade(&mut sums.y, y);
        fade(&mut sums.xx, x * x);
        fade(&mut sums.xy, x * y);
        fade(&mut sums.raw, seconds / n as f64);
        sums.largest = sums.largest.max(n);
    }

    /// What a batch of this kind costs, if any was seen.
    pub fn cost(&self, kind: Kind) -> Option<Cost> {
        self.0.get(&kind).map(Sums::cost)
    }

    /// The same, or that of its species on all rows, or the dearest of the others': a species that was never seen may be
    /// slow.
    pub fn guess(&self, kind: Kind) -> Option<Cost> {
        let whole = Kind { window: None, ..kind };
        self.cost(kind).or_else(|| self.cost(whole)).or_else(|| {
            let known = self.0.values().map(Sums::cost);
            known.reduce(|a, b| Cost { fixed: a.fixed.max(b.fixed), each: a.each.max(b.each) })
        })
    }

    /// The largest batch of this kind that was timed; 0: none.
    pub fn largest(&self, kind: Kind) -> usize {
        self.0.get(&kind).map_or(0, |s| s.largest)
    }

    /// Whether individuals of this kind go through `bars` rows so fast that they must share series; 0: not known.
    pub fn shares(&self, kind: Kind, bars: u64) -> bool {
        self.seconds(kind).is_some_and(|seconds| seconds < SHARED * bars as f64)
    }

    /// Slot seconds per individual in recent batches, their fixed part included.
    pub fn seconds(&self, kind: Kind) -> Option<f64> {
        self.0.get(&kind).map(|s| s.raw / s.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(species: usize) -> Kind {
        Kind { window: None, species }
    }

    fn learnt(sizes: &[usize], seconds: impl Fn(usize) -> f64) -> Cost {
        let mut paces = Paces::default();
        sizes.iter().for_each(|&n| paces.observe(kind(0), n, seconds(n), 1.0));
        paces.cost(kind(0)).unwrap()
    }

    #[test]
    fn a_fixed_part_is_found_once_sizes_differ() {
        let cost = learnt(&[8, 32, 128, 512, 8, 32, 128, 512], |n| 0.05 + 1e-4 * n as f64);
        assert!((cost.fixed - 0.05).abs() < 0.005, "{cost:?}");
        assert!(cost.seconds(500) > 0.08 && cost.seconds(500) < 0.13, "{cost:?}");
    }

    #[test]
    fn equal_sizes_give_the_mean_and_no_fixed_part() {
        let cost = learnt(&[100; 5], |_| 0.2);
        assert!(cost.fixed.abs() < 1e-9 && (cost.each - 0.002).abs() < 1e-9, "{cost:?}");
    }

    #[test]
    fn noise_never_makes_an_individual_free_or_a_batch_negative() {
        let cost = learnt(&[10, 100, 10, 100], |n| if n == 10 { 1.0 } else { 0.5 });
        assert!(cost.fixed >= 0.0 && cost.each > 0.0);
        let cost = learnt(&[10, 100, 10, 100], |n| if n == 10 { 0.001 } else { 5.0 });
        assert!(cost.fixed >= 0.0 && cost.each > 0.0);
    }

    #[test]
    fn the_past_fades() {
        let mut paces = Paces::default();
        (0..50).for_each(|_| paces.observe(kind(3), 10, 10.0, 1.0));
        (0..50).for_each(|_| paces.observe(kind(3), 10, 1.0, 1.0));
        assert!((paces.seconds(kind(3)).unwrap() - 0.1).abs() < 0.01);
        assert_eq!(paces.cost(kind(2)), None);
        assert_eq!(paces.guess(kind(2)).map(|c| c.each > 0.0), Some(true));
    }
}
