//! Metrics that look at every bar (`metrics::PER_BAR`) of accounts that are held (`downs` and
//! `replay` for others, `shape` for skew and kurtosis outside of portfolios): accounts write their equity and returns of a
//! block of rows into lanes, and eight accounts are summed side by side. A sum of f64 has to keep the order of time, so each
//! addition waits for the one before; the additions of eight accounts do not wait for each other.

use super::BLOCK;
use super::instructions::{InstructionSet, Loops};
use super::means::are_about_means;
use super::tables::units;
use crate::evaluation::{Metric, MetricSet};
use crate::metrics::{BarSums, PER_BAR, powers};
use crate::q52::UNITS;
use std::cell::Cell;

/// Accounts that are summed side by side.
pub(super) const LANES: usize = 8;

/// What an account writes of a block of rows.
#[derive(Debug)]
pub(super) struct Lane {
    /// First row of the block, and the first that is not written.
    start: Cell<usize>,
    next: Cell<usize>,
    equity: Vec<Cell<f64>>,
    returns: Vec<Cell<f64>>,
}

impl Lane {
    fn new() -> Lane {
        let rows = || vec![Cell::new(0.0); BLOCK];
        Lane { start: Cell::new(0), next: Cell::new(0), equity: rows(), returns: rows() }
    }

    fn begin(&self, start: usize) {
        self.start.set(start);
        self.next.set(start);
    }

    /// Writes the rows before `row` that are not written as those of an account that is flat.
    #[inline(always)]
    pub(super) fn fill_to(&self, row: usize, equity: f64) {
        let start = self.start.get();
        if self.next.get() < row {
            let rows = self.next.get() - start..row - start;
            self.equity[rows.clone()].iter().for_each(|e| e.set(equity));
            self.returns[rows].iter().for_each(|r| r.set(0.0));
            self.next.set(row);
        }
    }

    /// Writes one row.
    #[inline(always)]
    pub(super) fn set(&self, row: usize, equity: f64, r: f64) {
        let at = row - self.start.get();
        self.equity[at].set(equity);
        self.returns[at].set(r);
        self.next.set(row + 1);
    }

    /// Writes the equities k + q x of the rows from `row` on.
    #[inline(always)]
    pub(super) fn set_equity(&self, row: usize, x: &[f64], k: f64, q: f64) {
        let at = row - self.start.get();
        for (e, &x) in self.equity[at..].iter().zip(x) {
            e.set(k + q * x);
        }
    }

    /// Writes the returns of k + q x over the rows from `row` on, the first of which is that of the second `x`. Answers
    /// them.
    #[inline(always)]
    pub(super) fn set_returns(&self, row: usize, x: &[f64], k: f64, q: f64) -> &[Cell<f64>] {
        let at = row - self.start.get();
        let Some((_, now)) = x.split_first() else { return &[] };
        let returns = &self.returns[at..at + now.len()];
        for ((r, &c), &c1) in returns.iter().zip(now).zip(x) {
            r.set((k + q * c) / (k + q * c1) - 1.0);
        }
        self.next.set(row + now.len());
        returns
    }
}

/// What is summed of one account.
#[derive(Clone, Debug, Default)]
struct Told {
    sums: BarSums,
    mean: f64,
}

/// The accounts of a pass, where a metric looks at every bar.
#[derive(Debug)]
pub(super) struct PerBar {
    set: InstructionSet,
    lanes: Vec<Lane>,
    members: Vec<Told>,
    down: bool,
    equity: bool,
    shape: bool,
}

impl PerBar {
    /// Of so many accounts; `means` of their returns where they are known. `None`: no metric looks at every bar.
    pub(super) fn new(
        members: usize,
        metrics: MetricSet,
        means: &[f64],
        set: InstructionSet,
    ) -> Option<PerBar> {
        if !PER_BAR.iter().any(|&m| metrics.contains(m)) {
            return None;
        }
        let mean = |i: usize| means.get(i).copied().unwrap_or(0.0);
        Some(PerBar {
            set,
            lanes: (0..LANES).map(|_| Lane::new()).collect(),
            members: (0..members).map(|i| Told { mean: mean(i), ..Told::default() }).collect(),
            down: metrics.contains(Metric::Sortino),
            equity: metrics.contains(Metric::Turnover),
            shape: are_about_means(metrics),
        })
    }

    /// As [`PerBar::take`], compiled once: in every loop over members it would take the compiler minutes.
    #[inline(never)]
    fn take_apart(&mut self, members: (usize, usize), rows: (usize, usize, usize)) {
        self.set.widened(Taken { per_bar: self, members, rows });
    }

    /// Sums the rows `from..to` of the block that begins at `start`, of the members from `first` to `last`.
    #[inline(always)]
    fn take(&mut self, (first, last): (usize, usize), (start, from, to): (usize, usize, usize)) {
        if from >= to {
            return;
        }
        let (members, lanes) = (&mut self.members[first..=last], &self.lanes);
        let rows = from - start..to - start;
        if self.down {
            for (told, lane) in members.iter_mut().zip(lanes) {
                told.sums.down += downside(&lane.returns[rows.clone()]);
            }
        }
        if self.equity {
            let mut sums = [0.0; LANES];
            sums.iter_mut().zip(&*members).for_each(|(sum, told)| *sum = told.sums.equity);
            add(&mut sums, &std::array::from_fn(|l| &lanes[l].equity[rows.clone()]));
            members.iter_mut().zip(sums).for_each(|(told, sum)| told.sums.equity = sum);
        }
        if self.shape {
            let (mut sums, mut means) = ([[0.0; LANES]; 3], [0.0; LANES]);
            for (l, told) in members.iter().enumerate() {
                means[l] = told.mean;
                (0..3).for_each(|m| sums[m][l] = told.sums.moments[m]);
            }
            add_moments(&mut sums, &means, &std::array::from_fn(|l| &lanes[l].returns[rows.clone()]));
            for (l, told) in members.iter_mut().enumerate() {
                (0..3).for_each(|m| told.sums.moments[m] = sums[m][l]);
            }
        }
    }
}

struct Taken<'a> {
    per_bar: &'a mut PerBar,
    members: (usize, usize),
    rows: (usize, usize, usize),
}

impl Loops for Taken<'_> {
    #[inline(always)]
    fn run(self) {
        self.per_bar.take(self.members, self.rows);
    }
}

/// What was summed of a member.
pub(super) fn sums(per_bar: &Option<PerBar>, member: usize) -> BarSums {
    per_bar.as_ref().map_or_else(BarSums::default, |per_bar| per_bar.members[member].sums.clone())
}

/// The lane of a member for the block that begins at `start`, if somebody asks for every bar. This and [`end`] stand around
/// the loops over members: a closure would be compiled for the plainest processor.
#[inline(always)]
pub(super) fn begin(per_bar: &Option<PerBar>, member: usize, start: usize) -> Option<&Lane> {
    let lane = &per_bar.as_ref()?.lanes[member % LANES];
    lane.begin(start);
    Some(lane)
}

/// Ends the block of one of `count` members: `rest` is the equity of the rows behind the last that was written. The rows
/// `from..to` are counted of the block that begins at `start`.
#[inline(always)]
pub(super) fn end(
    per_bar: &mut Option<PerBar>,
    (member, count): (usize, usize),
    rest: f64,
    (start, from, to): (usize, usize, usize),
) {
    let Some(per_bar) = per_bar else { return };
    per_bar.lanes[member % LANES].fill_to(to, rest);
    if member % LANES == LANES - 1 || member + 1 == count {
        per_bar.take_apart((member - member % LANES, member), (start, from, to));
    }
}

/// The sum of the squares of negative returns in units. Terms out of range are left out: the sum of all squares tells of
/// them.
#[inline(always)]
fn downside(returns: &[Cell<f64>]) -> i128 {
    const SHIFT: f64 = 1.5 * UNITS;
    let (mut sum, mut usual) = (0_u64, true);
    for r in returns {
        let r = r.get();
        let r = if r < 0.0 { r } else { 0.0 };
        usual &= r > -0.25;
        sum = sum.wrapping_add((r * r * UNITS + SHIFT).to_bits());
    }
    if usual {
        return i128::from(sum.wrapping_sub(SHIFT.to_bits().wrapping_mul(returns.len() as u64)) as i64);
    }
    let squares = returns.iter().map(Cell::get).filter(|&r| r < 0.0).map(|r| units(r * r).unwrap_or(0));
    squares.map(i128::from).sum()
}

/// Adds each row of each lane to its sum.
#[inline(always)]
fn add(sums: &mut [f64; LANES], x: &[&[Cell<f64>]; LANES]) {
    let rows = x[0].len();
    for t in 0..rows {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += x[t].get();
        }
    }
}

/// Adds the second, third and fourth power of each return's distance from the mean of its lane.
#[inline(always)]
fn add_moments(sums: &mut [[f64; LANES]; 3], means: &[f64; LANES], x: &[&[Cell<f64>]; LANES]) {
    let [m2, m3, m4] = sums;
    let rows = x[0].len();
    #[expect(clippy::needless_range_loop, reason = "a row is a column of the lanes")]
    for t in 0..rows {
        for l in 0..LANES {
            let [second, third, fourth] = powers(x[l][t].get() - means[l]);
            m2[l] += second;
            m3[l] += third;
            m4[l] += fourth;
        }
    }
}
