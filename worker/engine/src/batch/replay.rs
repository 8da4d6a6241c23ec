//! Metrics that look at every bar, of accounts that are long or flat with the whole equity (`per_bar` has those of others).
//!
//! The return of such an account in a row depends on its position there and before alone: none while it is flat, that of the
//! market while it is long, that of an entry, that of an exit. So a pass keeps one bit a row of each account; when all rows
//! are known, and with them the means, eight accounts are followed through their bits side by side. No account writes its bars
//! down, and none is followed twice for its mean. A sum of f64 has to keep the order of time: each addition waits for the one
//! before, those of eight accounts do not wait for each other. The oracle is the simulator.

use super::instructions::{InstructionSet, Loops};
use super::latch::keep;
use super::means::are_about_means;
use super::rows::{Prices, Returns, closed};
use super::{BLOCK, Bits, WORDS};
use crate::evaluation::{Metric, MetricSet};
use crate::interrupt::Interrupt;
use crate::metrics::{BarSums, powers};

/// Accounts that are followed side by side.
const LANES: usize = 8;

/// Bytes of the positions that one pass keeps at most, unless it has few members.
const KEPT: usize = 32 << 20;

/// What metrics ask of every bar, beside squares of negative returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct EveryBar {
    equity: bool,
    shape: bool,
}

impl EveryBar {
    /// `None`: nothing that running totals do not know.
    pub(super) fn of(metrics: MetricSet) -> Option<EveryBar> {
        let equity = metrics.contains(Metric::Turnover);
        let shape = are_about_means(metrics);
        (equity || shape).then_some(EveryBar { equity, shape })
    }

    /// Bytes of the positions of one account.
    pub(super) fn bytes(rows: usize) -> usize {
        rows.div_ceil(BLOCK) * size_of::<Bits>()
    }

    /// Members of a pass over so many rows.
    pub(super) fn members(rows: usize) -> usize {
        (KEPT / EveryBar::bytes(rows).max(1)).max(8 * LANES)
    }
}

/// The accounts of a pass, which have come to their last row.
pub(super) struct Replay<'a> {
    pub asked: EveryBar,
    pub prices: Prices<'a>,
    /// What is left of a unit that is held at the end and sold there, if it is.
    pub sold_for: Option<f64>,
    pub capital: f64,
    /// The positions of all members in one block after the other, the first of which begins at row `begin`; those of the last
    /// row stand in `wishes`, one bit each.
    pub kept: &'a [Bits],
    pub begin: usize,
    pub wishes: &'a [u64],
    /// The rows in which members are ruined, beyond all where they are not.
    pub ends: &'a [usize],
    /// The first row with a return of its own, and the first that counts: with the row that accounts start in, or without it.
    pub first: usize,
    pub counted: usize,
    /// Means of the members' returns.
    pub means: &'a [f64],
}

impl Replay<'_> {
    /// The sums of each member. They mean nothing if `interrupt` rises.
    pub(super) fn sums(&self, set: InstructionSet, interrupt: Interrupt) -> Vec<BarSums> {
        let (members, last) = (self.wishes.len(), self.prices.close.len() - 1);
        let mean = |i: usize| self.means.get(i).copied().unwrap_or(0.0);
        let group = |g: usize| Group::new(self.capital, std::array::from_fn(|l| mean(g * LANES + l)));
        let mut groups: Vec<Group> = (0..members.div_ceil(LANES)).map(group).collect();
        let mut columns = Box::new(Columns::ZERO);
        let starts = (self.begin..last).step_by(BLOCK);
        for (from, kept) in starts.zip(self.kept.chunks_exact(members.max(1))) {
            if interrupt.is_asked() {
                break;
            }
            let to = (from + BLOCK).min(last);
            let rows = |first: usize| (first.clamp(from, to) - from, to - from);
            set.widened(Filled { columns: &mut columns, prices: &self.prices, from, rows: rows(self.first) });
            let rows = rows(self.counted);
            let ends = self.ends.chunks(LANES);
            for ((group, bits), ends) in groups.iter_mut().zip(kept.chunks(LANES)).zip(ends) {
                let follow = |group: &mut Group, bits: &[Bits], rows: (usize, usize)| {
                    set.widened(Followed { group, bits, columns: &columns, rows, asked: self.asked });
                };
                if ends.iter().any(|end| (from..to).contains(end)) {
                    with_ruins(group, bits, ends, from, rows, follow);
                } else {
                    follow(group, bits, rows);
                }
            }
        }
        set.widened(Filled { columns: &mut columns, prices: &self.prices, from: last, rows: (0, 1) });
        if let Some(net) = self.sold_for {
            columns.end_at(net, self.prices.close[last - 1]);
        }
        let ends = self.ends.chunks(LANES);
        for ((group, wishes), ends) in groups.iter_mut().zip(self.wishes.chunks(LANES)).zip(ends) {
            let before = group.clone();
            let bits: Vec<Bits> =
                wishes.iter().map(|&wish| std::array::from_fn(|w| if w == 0 { wish } else { 0 })).collect();
            let (columns, rows, asked) = (&columns, (0, 1), self.asked);
            set.widened(Followed { group, bits: &bits, columns, rows, asked });
            (0..ends.len()).filter(|&l| ends[l] == last).for_each(|l| group.ruin(l, &before));
        }
        (0..members).map(|i| groups[i / LANES].sums(i % LANES)).collect()
    }
}

/// Follows accounts through the `rows` of the block that begins at `start` and in which some of them are ruined.
fn with_ruins(
    group: &mut Group,
    bits: &[Bits],
    ends: &[usize],
    start: usize,
    (mut at, to): (usize, usize),
    mut follow: impl FnMut(&mut Group, &[Bits], (usize, usize)),
) {
    let mut bits = bits.to_vec();
    while let Some(end) = ends.iter().filter(|&&end| (start + at..start + to).contains(&end)).min() {
        let row = end - start;
        follow(group, &bits, (at, row));
        let before = group.clone();
        follow(group, &bits, (row, row + 1));
        for l in (0..ends.len()).filter(|&l| ends[l] == *end) {
            group.ruin(l, &before);
            keep(&mut bits[l], 0, row);
        }
        at = row + 1;
    }
    follow(group, &bits, (at, to));
}

/// What accounts read of the rows of a block.
struct Columns {
    close: [f64; BLOCK],
    inv_buy: [f64; BLOCK],
    net_sell: [f64; BLOCK],
    /// Returns of a position that is held, that begins, that ends.
    held: [f64; BLOCK],
    entered: [f64; BLOCK],
    left: [f64; BLOCK],
}

impl Columns {
    const ZERO: Columns = {
        let none = [0.0; BLOCK];
        Columns { close: none, inv_buy: none, net_sell: none, held: none, entered: none, left: none }
    };

    /// The first row is the last of all, at the end of which a unit is sold for `net`; it was worth `before` in the row
    /// before.
    fn end_at(&mut self, net: f64, before: f64) {
        self.close[0] = net;
        (self.held[0], self.entered[0]) = closed(net, before, self.inv_buy[0]);
    }
}

struct Filled<'a> {
    columns: &'a mut Columns,
    prices: &'a Prices<'a>,
    /// First row of the block.
    from: usize,
    rows: (usize, usize),
}

impl Loops for Filled<'_> {
    #[inline(always)]
    fn run(self) {
        let Filled { columns, prices, from, rows: (first, to) } = self;
        let Columns { close, inv_buy, net_sell, held, entered, left } = columns;
        let (x, c) = (&prices.market[from..from + to], &prices.close[from..from + to]);
        for i in first..to {
            let before = prices.close[from + i - 1];
            let row = Returns::new(&prices.costs, x[i], c[i], before);
            (close[i], inv_buy[i], net_sell[i]) = (c[i], row.inv_buy, row.net_sell);
            (held[i], entered[i], left[i]) = (row.market, row.entry, row.exit);
        }
    }
}

/// Eight accounts between two blocks of rows. Each array has one number of each account.
#[derive(Clone)]
struct Group {
    /// Position bit of the last row.
    held: [u64; LANES],
    /// Cash while flat and nothing while long, units while long and nothing while flat.
    cash: [f64; LANES],
    units: [f64; LANES],
    mean: [f64; LANES],
    equity: [f64; LANES],
    /// Second to fourth powers of the returns' distances from their mean.
    moments: [[f64; LANES]; 3],
}

struct Followed<'a> {
    group: &'a mut Group,
    /// Positions of up to [`LANES`] accounts.
    bits: &'a [Bits],
    columns: &'a Columns,
    rows: (usize, usize),
    asked: EveryBar,
}

impl Loops for Followed<'_> {
    #[inline(always)]
    fn run(self) {
        let Followed { group, bits, columns, rows, asked } = self;
        let mut positions = [[0; LANES]; WORDS];
        for (l, bits) in bits.iter().enumerate() {
            for w in 0..WORDS {
                positions[w][l] = bits[w];
            }
        }
        let held = group.held;
        if asked.equity {
            group.add_equity(&positions, columns, rows);
        }
        if asked.shape {
            group.held = held;
            group.add_moments(&positions, columns, rows);
        }
        // What begins within a word reads its held bit from the word itself.
        let Some(last) = rows.1.checked_sub(1) else { return };
        for (held, positions) in group.held.iter_mut().zip(positions[last / 64]) {
            *held = positions >> (last % 64) & 1;
        }
    }
}

impl Group {
    fn new(capital: f64, mean: [f64; LANES]) -> Group {
        let none = [0.0; LANES];
        let (held, cash, moments) = ([0; LANES], [capital; LANES], [none; 3]);
        Group { held, cash, units: none, mean, equity: none, moments }
    }

    fn sums(&self, l: usize) -> BarSums {
        BarSums { down: 0, equity: self.equity[l], moments: self.moments.map(|m| m[l]) }
    }

    /// The row that the accounts have just been through has ruined one: it returned -1 and left nothing. `before` is what they
    /// were before it.
    fn ruin(&mut self, l: usize, before: &Group) {
        self.equity[l] = before.equity[l];
        (self.cash[l], self.units[l], self.held[l]) = (0.0, 0.0, 0);
        for (m, power) in powers(-1.0 - self.mean[l]).into_iter().enumerate() {
            self.moments[m][l] = before.moments[m][l] + power;
        }
    }

    /// Adds the equity of each row. An account pays with all its cash and sells all its units, so that one of both is nothing
    /// and adds nothing.
    #[expect(clippy::needless_range_loop, reason = "a word of rows is one of each lane")]
    #[inline(always)]
    fn add_equity(
        &mut self,
        positions: &[[u64; LANES]; WORDS],
        columns: &Columns,
        (first, to): (usize, usize),
    ) {
        let (mut cash, mut units, mut equity) = (self.cash, self.units, self.equity);
        for w in first / 64..to.div_ceil(64) {
            let (now, before) = (positions[w], self.before(&positions[w]));
            let (mut edges, mut any) = ([0; LANES], 0);
            for l in 0..LANES {
                edges[l] = now[l] ^ before[l];
                any |= edges[l];
            }
            let (from, to) = within(w, first, to);
            for t in from..to {
                let bit = 1 << (t % 64);
                if any & bit != 0 {
                    let (inv_buy, net_sell) = (columns.inv_buy[t], columns.net_sell[t]);
                    for l in 0..LANES {
                        let (enters, leaves) =
                            (edges[l] & now[l] & bit != 0, edges[l] & before[l] & bit != 0);
                        let (bought, sold) = (cash[l] * inv_buy, units[l] * net_sell);
                        units[l] = if enters { bought } else { units[l] };
                        cash[l] = if leaves { sold } else { cash[l] };
                        units[l] = if leaves { 0.0 } else { units[l] };
                        cash[l] = if enters { 0.0 } else { cash[l] };
                    }
                }
                let close = columns.close[t];
                for l in 0..LANES {
                    equity[l] += cash[l] + units[l] * close;
                }
            }
        }
        (self.cash, self.units, self.equity) = (cash, units, equity);
    }

    /// Adds the second, third and fourth power of each return's distance from the mean of its account.
    #[expect(clippy::needless_range_loop, reason = "a word of rows is one of each lane")]
    #[inline(always)]
    fn add_moments(
        &mut self,
        positions: &[[u64; LANES]; WORDS],
        columns: &Columns,
        (first, to): (usize, usize),
    ) {
        let (mean, [mut m2, mut m3, mut m4]) = (self.mean, self.moments);
        for w in first / 64..to.div_ceil(64) {
            let (now, before) = (positions[w], self.before(&positions[w]));
            let (from, to) = within(w, first, to);
            for t in from..to {
                let bit = 1 << (t % 64);
                let (held, entered, left) = (columns.held[t], columns.entered[t], columns.left[t]);
                for l in 0..LANES {
                    let (now, before) = (now[l] & bit != 0, before[l] & bit != 0);
                    let (long, flat) = (if before { held } else { entered }, if before { left } else { 0.0 });
                    let [second, third, fourth] = powers((if now { long } else { flat }) - mean[l]);
                    m2[l] += second;
                    m3[l] += third;
                    m4[l] += fourth;
                }
            }
        }
        self.moments = [m2, m3, m4];
    }

    /// The positions of the rows before those of a word, whose last bits are kept for the next word.
    #[inline(always)]
    fn before(&mut self, now: &[u64; LANES]) -> [u64; LANES] {
        let mut before = [0; LANES];
        for l in 0..LANES {
            before[l] = now[l] << 1 | self.held[l];
            self.held[l] = now[l] >> 63;
        }
        before
    }
}

/// The rows of word `w` within `first..to`.
#[inline(always)]
fn within(w: usize, first: usize, to: usize) -> (usize, usize) {
    let (from, end) = (w * 64, w * 64 + 64);
    (if first > from { first } else { from }, if to < end { to } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::PER_BAR;

    #[test]
    fn every_metric_of_every_bar_is_summed_here_or_from_running_totals() {
        for metric in PER_BAR {
            let asked = EveryBar::of(MetricSet(0).with(metric)).is_some();
            assert_eq!(asked, metric != Metric::Sortino, "{metric:?}");
        }
        assert!(EveryBar::of(MetricSet::always()).is_none());
    }

    #[test]
    fn a_pass_keeps_what_memory_allows_and_never_too_few_to_be_worth_their_series() {
        for rows in [1, 600, 525_600, 1 << 30] {
            let members = EveryBar::members(rows);
            assert!(members * EveryBar::bytes(rows) <= KEPT || members == 8 * LANES, "{rows}: {members}");
        }
    }
}
