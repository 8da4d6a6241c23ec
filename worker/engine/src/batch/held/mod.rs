//! Accounts that are long or short with any share or multiple of their equity, with liquidation, funding and borrow.
//! Rows with a fill run bar by bar ([`bar`]); rows between fills are taken by the range: liquidation and drawdown
//! from extremes, returns by a scan of the index prices ([`sums`]), as between two fills E = K + q x.

mod bar;
mod sums;
mod tables;

use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use super::finish::Outcome;
use super::latch::{keep, tradable};
use super::ranges::Ranges;
use super::{Bits, WORDS};
use crate::evaluation::BLOCKS;
use crate::execution::Execution;
pub(super) use tables::Tables;

/// One account between two blocks of rows.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Between two fills equity is k + q x.
    pub k: f64,
    pub q: f64,
    /// Long with exactly the whole equity.
    all_in: bool,
    /// F at the last fill, cash before the position was opened.
    charged: f64,
    cash_before: f64,
    /// A mark beyond this may be a liquidation.
    trigger: f64,
    /// Equity at the last close.
    before: f64,
    /// The target last executed, and the side a liquidation has blocked.
    pub acted: i8,
    pub blocked: i8,
    pub drawdown: Drawdown,
    pub tally: Tally,
    s1: i64,
    s2: i64,
    /// Borders of blocks passed, the row of the next, and the sums at those passed.
    border: usize,
    next_border: usize,
    pub sums: Borders,
    pub ruined: bool,
    /// A return or a sum is out of range: only the simulator knows what follows.
    pub lost: bool,
    /// Ruined or lost.
    pub over: bool,
    /// Latched states of both sides of the rule and what its crosses need.
    pub latch: [u64; 2],
    pub before_bits: [u64; 2],
}

/// What the accounts of a batch read at one block of rows.
pub(super) struct Market<'a> {
    pub tables: &'a Tables<'a>,
    /// Extremes of the index prices of longs and shorts.
    pub long: &'a Ranges,
    pub short: &'a Ranges,
    /// Extremes of the marks.
    pub marks: &'a Ranges,
    pub exec: &'a Execution,
    /// First row of the block.
    pub start: usize,
}

impl Account {
    pub(super) fn new(capital: f64, tables: &Tables) -> Account {
        Account {
            k: capital,
            q: 0.0,
            all_in: false,
            charged: 0.0,
            cash_before: 0.0,
            trigger: 0.0,
            before: capital,
            acted: 0,
            blocked: 0,
            drawdown: Drawdown::new(capital),
            tally: Tally::default(),
            s1: 0,
            s2: 0,
            border: 0,
            next_border: tables.borders[0],
            sums: [(0, 0); BLOCKS],
            ruined: false,
            lost: false,
            over: false,
            latch: [0; 2],
            before_bits: [0; 2],
        }
    }

    /// What the results are made of.
    pub(super) fn outcome(&self) -> Outcome<'_> {
        let Account { tally, drawdown, s1, s2, ruined, .. } = self;
        Outcome { tally, drawdown, s1: *s1, s2: *s2, ruined: *ruined }
    }

    /// Equity at the close of a row.
    #[inline(always)]
    pub(super) fn equity(&self, market: &Market, row: usize) -> f64 {
        if self.q == 0.0 { self.k } else { self.k + self.q * market.tables.index(self.q < 0.0)[row] }
    }

    /// Follows the targets of `rows` rows: bit t of `wishes` is what the close before row t wants of the long and of
    /// the short side; rows outside `open` do not trade.
    #[inline(always)]
    pub(super) fn follow(
        &mut self,
        market: &Market,
        mut wishes: [Bits; 2],
        open: Option<&Bits>,
        rows: usize,
    ) {
        let mut at = 0;
        let (mut positions, mut edges) = self.plan(&mut wishes, open, at, rows);
        loop {
            let edge = next(&edges, at, rows);
            let liquidated = if edge > at && self.q != 0.0 {
                at = self.hold(market, at, edge);
                self.q == 0.0
            } else {
                at = edge;
                false
            };
            if self.over {
                return;
            }
            if !liquidated {
                if at == rows {
                    return;
                }
                let bit = |x: &Bits| (x[at / 64] >> (at % 64) & 1) as i8;
                self.bar(market, market.start + at, bit(&positions[0]) - bit(&positions[1]), false);
                at += 1;
                if self.over {
                    return;
                }
            }
            if self.blocked != 0 && at < rows {
                (positions, edges) = self.plan(&mut wishes, open, at, rows);
            }
        }
    }

    /// Positions from row `at` on and the rows at which they change. A blocked side is not wanted before a close
    /// that does not want it.
    #[inline(always)]
    fn plan(
        &mut self,
        wishes: &mut [Bits; 2],
        open: Option<&Bits>,
        at: usize,
        rows: usize,
    ) -> ([Bits; 2], Bits) {
        if at > 0 {
            wishes.iter_mut().for_each(|w| keep(w, at, rows));
        }
        if self.blocked != 0 {
            let wish = &mut wishes[usize::from(self.blocked < 0)];
            let free = next(&wish.map(|w| !w), at, rows);
            keep(wish, free, rows);
            if free < rows {
                self.blocked = 0;
            }
        }
        let mut held = [u64::from(self.acted > 0), u64::from(self.acted < 0)];
        let positions = match open {
            Some(open) => {
                let [mut long, mut short] = held;
                [tradable(&wishes[0], open, &mut long), tradable(&wishes[1], open, &mut short)]
            }
            None => *wishes,
        };
        let mut edges = [0; WORDS];
        for w in 0..WORDS {
            for (position, held) in positions.iter().zip(&mut held) {
                edges[w] |= position[w] ^ (position[w] << 1 | *held);
                *held = position[w] >> 63;
            }
        }
        (positions, edges)
    }

    /// Holds the position over the rows `from..to` of the block. Answers the row after the last one taken, which is
    /// not `to` where a liquidation or the ruin came before.
    #[inline(always)]
    fn hold(&mut self, market: &Market, from: usize, to: usize) -> usize {
        if market.exec.maintenance_margin.is_some() {
            let marks = market.marks.extremes(from, to);
            if self.may_liquidate(marks) {
                return self.hold_warily(market, from, to);
            }
        }
        self.scan(market, from, to)
    }

    /// Whether one of rows with these extremes of the marks may liquidate.
    #[inline(always)]
    fn may_liquidate(&self, (high, low): (f64, f64)) -> bool {
        if self.q < 0.0 { high >= self.trigger } else { low <= self.trigger }
    }

    #[inline(never)]
    fn hold_warily(&mut self, market: &Market, mut from: usize, to: usize) -> usize {
        while from < to {
            let doubtful = |&t: &usize| self.may_liquidate(market.marks.extremes(t, t + 1));
            let row = (from..to).find(doubtful).unwrap_or(to);
            if row > from {
                from = self.scan(market, from, row);
            }
            if from < to && !self.over {
                self.bar(market, market.start + from, self.acted, false);
                from += 1;
            }
            if self.over || self.q == 0.0 {
                return from;
            }
        }
        to
    }

    /// Holds over rows without a liquidation.
    #[inline(always)]
    fn scan(&mut self, market: &Market, from: usize, to: usize) -> usize {
        let short = self.q < 0.0;
        let (high, low) = if short { market.short } else { market.long }.extremes(from, to);
        // Rounding is monotone: the extremes of K + q x are those of x.
        let (high, low) = (self.k + self.q * high, self.k + self.q * low);
        let (high, low) = if short { (low, high) } else { (high, low) };
        let (first, end) = (market.start + from, market.start + to);
        if !self.drawdown.take_range(high, low) {
            if low <= self.drawdown.ruin {
                return self.walk(market, from, to);
            }
            for &x in &market.tables.index(short)[first..end] {
                self.drawdown.take(self.k + self.q * x);
            }
        }
        self.tally.exposed += (end - first) as u64;
        let (above, below) = (
            if self.before > high { self.before } else { high },
            if self.before < low { self.before } else { low },
        );
        let usual = above <= 1.2 * below;
        let mut row = first;
        while self.next_border < end {
            if self.next_border > row {
                self.add_returns(market, row, self.next_border, usual);
                row = self.next_border;
            }
            self.pass_borders(market, row);
        }
        self.add_returns(market, row, end, usual);
        self.before = self.k + self.q * market.tables.index(short)[end - 1];
        to
    }

    /// `scan` bar by bar.
    #[cold]
    fn walk(&mut self, market: &Market, from: usize, to: usize) -> usize {
        for t in from..to {
            self.bar(market, market.start + t, self.acted, false);
            if self.over || self.q == 0.0 {
                return t + 1;
            }
        }
        to
    }

    /// Adds the returns of rows with an unchanged position.
    #[inline(always)]
    fn add_returns(&mut self, market: &Market, from: usize, to: usize, usual: bool) {
        let tables = market.tables;
        if self.all_in && !tables.ratios {
            let ((a1, a2), (b1, b2)) = (tables.running[from - 1], tables.running[to - 1]);
            return self.add(Some((b1.wrapping_sub(a1), b2.wrapping_sub(a2))));
        }
        let x = &tables.index(self.q < 0.0)[from - 1..to];
        self.add(if usual { Some(sums::usual(x, self.k, self.q)) } else { sums::unusual(x, self.k, self.q) });
    }

    #[inline(always)]
    fn add(&mut self, terms: Option<(i64, i64)>) {
        let total = |(a, b): (i64, i64)| self.s1.checked_add(a).zip(self.s2.checked_add(b));
        match terms.and_then(total) {
            Some((s1, s2)) => (self.s1, self.s2) = (s1, s2),
            None => (self.lost, self.over) = (true, true),
        }
    }

    /// Stores the sums before each border up to `row`.
    #[inline(always)]
    fn pass_borders(&mut self, market: &Market, row: usize) {
        while row >= self.next_border {
            self.sums[self.border] = (self.s1, self.s2);
            self.border += 1;
            self.next_border = market.tables.borders.get(self.border).copied().unwrap_or(usize::MAX);
        }
    }

    /// The last row. Answers whether a position is left open.
    pub(super) fn finish(&mut self, market: &Market, final_close: bool) -> bool {
        let row = market.start;
        if !self.over {
            let wish = self.latch[0] as i8 - self.latch[1] as i8;
            let wish = if wish == self.blocked { 0 } else { wish };
            let side = if market.tables.is_open(row) { wish } else { self.acted };
            self.bar(market, row, side, final_close);
            self.charge(market, row);
        }
        self.pass_borders(market, row + 1);
        self.q != 0.0
    }
}

/// The first row of `at..rows` whose bit is set, else `rows`.
#[inline(always)]
fn next(bits: &Bits, at: usize, rows: usize) -> usize {
    let mut w = at / 64;
    if at >= rows {
        return rows;
    }
    let mut word = bits[w] & (u64::MAX << (at % 64));
    while word == 0 {
        w += 1;
        if w == WORDS {
            return rows;
        }
        word = bits[w];
    }
    let row = w * 64 + word.trailing_zeros() as usize;
    if row < rows { row } else { rows }
}
