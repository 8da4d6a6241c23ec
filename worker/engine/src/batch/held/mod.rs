//! Accounts that are long or short with any share or multiple of their equity, with liquidation, funding and borrow.
//! Rows with a fill run bar by bar ([`bar`]); rows between fills are taken by the range ([`hold`]), as between two
//! fills E = K + q x with constant K and q.

mod bar;
mod close;
mod decided;
mod guard;
mod hold;
mod inside;
mod journal;
mod kept;
mod listener;
mod order;
mod sums;
mod tables;

use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use super::finish::AccountTotals;
use super::kernels::Isa;
use super::latch::{keep, tradable};
use super::per_bar::Lane;
use super::ranges::Ranges;
use super::{Bits, WORDS};
use crate::evaluation::BLOCKS;
use crate::execution::Execution;
use crate::stops::{Fractions, Guard};
pub(super) use decided::{Decided, Decides, Look};
pub(super) use journal::Journal;
pub(super) use kept::{KeptReturns, Place};
pub(super) use listener::Listener;
use listener::Nobody;
pub(super) use sums::ratios;
pub(super) use tables::Tables;

/// One account between two blocks of rows.
#[derive(Clone, Debug)]
pub(super) struct HeldAccount {
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
    /// Stop genes, and what guards the open position; `None`: nothing but the margin.
    stops: Fractions,
    guard: Option<Guard>,
    /// Equity at the last close that was marked.
    pub before: f64,
    /// The target last executed, and the side that a stop, target or liquidation has blocked.
    pub acted: f64,
    pub blocked: i8,
    pub drawdown: Drawdown,
    pub tally: Tally,
    /// Sums of the block at hand.
    s1: i64,
    s2: i64,
    /// Borders of blocks passed, the row of the next, and the sums of the blocks passed.
    border: usize,
    next_border: usize,
    pub sums: Borders,
    pub ruined: bool,
    /// Whether the close at which it starts has left a position: with `window: Full` that row counts.
    pub is_exposed_at_start: bool,
    /// A return or a sum is out of range: only the simulator knows what follows.
    pub lost: bool,
    /// Ruined or lost: no further row is looked at.
    pub over: bool,
    /// Latched states of both sides of the rule and what its crosses need.
    pub latch: [u64; 2],
    pub before_bits: [u64; 2],
    /// Kept where accounts are summed.
    pub journal: Option<Box<Journal>>,
    /// Kept where a metric is about the mean of returns.
    pub kept: Option<Box<KeptReturns>>,
}

/// What the accounts of a batch read at one block of rows.
#[derive(Clone, Copy)]
pub(super) struct HeldBlock<'a> {
    pub tables: &'a Tables<'a>,
    /// Extremes of the index prices of longs and shorts.
    pub long: &'a Ranges,
    pub short: &'a Ranges,
    /// Extremes of the marks.
    pub marks: &'a Ranges,
    /// Highs and lows of the bars.
    pub bars: &'a Ranges,
    pub exec: &'a Execution,
    /// Where an account writes its bars, if a metric looks at every one.
    pub lane: Option<&'a Lane>,
    /// First row of the block.
    pub start: usize,
}

impl HeldAccount {
    pub(super) fn new(capital: f64, tables: &Tables, stops: Fractions) -> HeldAccount {
        HeldAccount {
            k: capital,
            q: 0.0,
            all_in: false,
            charged: 0.0,
            cash_before: 0.0,
            trigger: 0.0,
            stops,
            guard: None,
            before: capital,
            acted: 0.0,
            blocked: 0,
            drawdown: Drawdown::new(capital),
            tally: Tally::default(),
            s1: 0,
            s2: 0,
            border: 0,
            next_border: tables.borders[0],
            sums: [(0, 0); BLOCKS],
            ruined: false,
            is_exposed_at_start: false,
            lost: false,
            over: false,
            latch: [0; 2],
            before_bits: [0; 2],
            journal: None,
            kept: None,
        }
    }

    /// What the results are made of; with `full` the row at which it starts counts.
    pub(super) fn totals(&self, full: bool) -> AccountTotals<'_> {
        let HeldAccount { tally, drawdown, ruined, .. } = self;
        let exposed = tally.exposed + u64::from(full && self.is_exposed_at_start);
        AccountTotals { tally, exposed, drawdown, ruined: *ruined }
    }

    /// Equity at the close of a row.
    #[inline(always)]
    pub(super) fn equity(&self, block: &HeldBlock, row: usize) -> f64 {
        if self.q == 0.0 { self.k } else { self.k + self.q * block.tables.index(self.q < 0.0)[row] }
    }

    /// Follows the targets of `rows` rows: bit t of `wishes` is what the close before row t wants of the long and of
    /// the short side; rows outside `open` do not trade.
    #[inline(always)]
    pub(super) fn follow<I: Isa>(
        &mut self,
        isa: I,
        block: &HeldBlock,
        mut wishes: [Bits; 2],
        open: Option<&Bits>,
        rows: usize,
    ) {
        let mut at = 0;
        let (mut positions, mut edges) = self.plan(isa, &mut wishes, open, at, rows);
        loop {
            let edge = next(&edges, at, rows);
            let closed = if edge > at && self.q != 0.0 {
                at = self.hold(block, at, edge);
                self.q == 0.0
            } else {
                at = edge;
                false
            };
            if self.over {
                return;
            }
            if !closed {
                if at == rows {
                    return;
                }
                let bit = |x: &Bits| (x[at / 64] >> (at % 64) & 1) as i8;
                let side = bit(&positions[0]) - bit(&positions[1]);
                self.bar(block, block.start + at, f64::from(side), false, &mut Nobody);
                at += 1;
                if self.over {
                    return;
                }
            }
            if self.blocked != 0 && at < rows {
                (positions, edges) = self.plan(isa, &mut wishes, open, at, rows);
            }
        }
    }

    /// Positions from row `at` on and the rows at which they change. A blocked side is not wanted before a close
    /// that does not want it.
    #[inline(always)]
    fn plan<I: Isa>(
        &mut self,
        isa: I,
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
        let mut held = [u64::from(self.acted > 0.0), u64::from(self.acted < 0.0)];
        let positions = match open {
            Some(open) => {
                let [mut long, mut short] = held;
                [tradable(isa, &wishes[0], open, &mut long), tradable(isa, &wishes[1], open, &mut short)]
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

    /// The last row.
    pub(super) fn finish(&mut self, block: &HeldBlock, final_close: bool) {
        let row = block.start;
        if !self.over {
            let wish = self.latch[0] as i8 - self.latch[1] as i8;
            let wish = if wish == self.blocked { 0 } else { wish };
            let orders = block.tables.is_open(row) && !block.tables.same_close;
            let side = if orders { f64::from(wish) } else { self.acted };
            self.bar(block, row, side, final_close, &mut Nobody);
        }
        self.end(block, row);
    }

    /// What is left to do after the last row.
    fn end(&mut self, block: &HeldBlock, row: usize) {
        if !self.over {
            self.charge(block, row);
        }
        self.pass_borders(block, row + 1);
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
