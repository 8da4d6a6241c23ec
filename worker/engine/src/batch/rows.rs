//! What fills read of a row. With P the running sum of the market's own returns, an entry at a adds
//! `fx(entry return) - P[a]` and an exit at e adds `fx(exit return) + P[e-1]`, so that a trade costs two reads whatever its
//! length.
//!
//! All rows of a job are many megabytes, and it takes longer to have these from the system than to compute what they
//! hold: a large batch computes rows block by block and forgets them, a small one reads those that the job keeps.

use super::BLOCK;
use super::downs::{Down, Downs};
use super::instructions::{InstructionSet, Loops};
use super::tables::{SMALL, Tables, near, units};
use crate::costs::Costs;
use crate::interrupt::Interrupt;
use std::sync::PoisonError;

/// Members from which on rows are computed for one pass alone.
const MANY: usize = 64;

/// One row: what an entry reads and what an exit reads, one cache line. 1 = r, 2 = r x r.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row {
    pub inv_buy: f64,
    pub buy: f64,
    pub entry1: i64,
    pub entry2: i64,
    pub net_sell: f64,
    pub sell: f64,
    pub exit1: i64,
    pub exit2: i64,
}

impl Row {
    pub(super) const NONE: Row =
        Row { inv_buy: 0.0, buy: 0.0, entry1: 0, entry2: 0, net_sell: 0.0, sell: 0.0, exit1: 0, exit2: 0 };
}

/// Prices of all rows: closes, and what orders are filled at before slippage.
#[derive(Clone, Copy)]
pub(super) struct Prices<'a> {
    pub close: &'a [f64],
    pub market: &'a [f64],
    pub costs: Costs,
}

/// What costs make of a price, and the returns of a row that is filled there.
#[derive(Clone, Copy)]
pub(super) struct Returns {
    pub inv_buy: f64,
    pub net_sell: f64,
    /// From close to close.
    pub market: f64,
    /// Of an entry to the close.
    pub entry: f64,
    /// Of an exit from the close before.
    pub exit: f64,
}

impl Returns {
    /// `x` before slippage, close `c` of the row and `b` of the one before.
    #[inline(always)]
    pub(super) fn new(costs: &Costs, x: f64, c: f64, b: f64) -> Returns {
        let (inv_buy, net_sell) = (costs.inv_buy(x), costs.net_sell(x));
        let (market, entry, exit) = (c / b - 1.0, c * inv_buy - 1.0, net_sell / b - 1.0);
        Returns { inv_buy, net_sell, market, entry, exit }
    }
}

/// Returns of a row at whose end a unit is sold for `net`: of a position that was worth `before` at the close before, and of
/// one that begins in it.
pub(super) fn closed(net: f64, before: f64, inv_buy: f64) -> (f64, f64) {
    (net / before - 1.0, net * inv_buy - 1.0)
}

/// Running sums of fx(r) and fx(r x r) of the market's own returns. They may wrap.
pub(super) type Running = (i64, i64);

/// Prices and returns of up to [`BLOCK`] rows, column by column.
pub(super) struct Terms {
    inv_buy: [f64; BLOCK],
    buy: [f64; BLOCK],
    net_sell: [f64; BLOCK],
    sell: [f64; BLOCK],
    /// Returns of the market from close to close, of an entry to the close, of an exit from the close before; each r, then
    /// r x r, in whole units.
    pub market: [[i64; BLOCK]; 2],
    pub entry: [[i64; BLOCK]; 2],
    pub exit: [[i64; BLOCK]; 2],
}

/// Rows that a job keeps for its small batches; without downs where nobody asks for them.
#[derive(Default)]
pub(super) struct KeptRows {
    rows: Vec<Row>,
    downs: Vec<Down>,
}

impl Terms {
    pub(super) fn new() -> Box<Terms> {
        let (prices, returns) = ([0.0; BLOCK], [[0; BLOCK]; 2]);
        Box::new(Terms {
            inv_buy: prices,
            buy: prices,
            net_sell: prices,
            sell: prices,
            market: returns,
            entry: returns,
            exit: returns,
        })
    }

    /// Computes the rows `from..to`, none of them the first. `None` where a price or a return leaves the range that
    /// accounts are followed in.
    #[inline(always)]
    pub(super) fn fill(&mut self, prices: &Prices, from: usize, to: usize) -> Option<()> {
        let rows = to - from;
        let (close, before) = (&prices.close[from..to], &prices.close[from - 1..to - 1]);
        let (market, costs) = (&prices.market[from..to], prices.costs);
        let mut returns = [[0.0; BLOCK]; 3];
        let [of_market, of_entry, of_exit] = &mut returns;
        let usable = |x: f64| (x > 1e-100) & (x < 1e100);
        let mut all = true;
        for i in 0..rows {
            let (x, c, b) = (market[i], close[i], before[i]);
            let Returns { inv_buy, net_sell, market, entry, exit } = Returns::new(&costs, x, c, b);
            (self.inv_buy[i], self.net_sell[i]) = (inv_buy, net_sell);
            (self.buy[i], self.sell[i]) = (costs.buy(x), costs.sell(x));
            (of_market[i], of_entry[i], of_exit[i]) = (market, entry, exit);
            let (paid, got) =
                (usable(inv_buy) & usable(self.buy[i]), usable(net_sell) & usable(self.sell[i]));
            all &= usable(c) & usable(b) & paid & got;
        }
        let Terms { market, entry, exit, .. } = self;
        for (out, returns) in [market, entry, exit].into_iter().zip(&returns) {
            whole(&returns[..rows], out)?;
        }
        all.then_some(())
    }

    /// The rows that were computed last, `running` before the first and then behind the last.
    #[inline(always)]
    pub(super) fn rows(&self, running: &mut Running, out: &mut [Row]) {
        for (i, row) in out.iter_mut().enumerate() {
            *row = self.row(i, running);
        }
    }

    /// One of them, `running` before it and then behind it.
    #[inline(always)]
    pub(super) fn row(&self, i: usize, running: &mut Running) -> Row {
        let (p1, p2) = *running;
        let (q1, q2) = (p1.wrapping_add(self.market[0][i]), p2.wrapping_add(self.market[1][i]));
        *running = (q1, q2);
        Row {
            inv_buy: self.inv_buy[i],
            buy: self.buy[i],
            entry1: self.entry[0][i].wrapping_sub(q1),
            entry2: self.entry[1][i].wrapping_sub(q2),
            net_sell: self.net_sell[i],
            sell: self.sell[i],
            exit1: self.exit[0][i].wrapping_add(p1),
            exit2: self.exit[1][i].wrapping_add(p2),
        }
    }
}

/// [`units`] of returns and of their squares. `None` where one is out of range.
#[inline(always)]
fn whole(returns: &[f64], [first, second]: &mut [[i64; BLOCK]; 2]) -> Option<()> {
    let mut small = true;
    for ((first, second), &r) in first.iter_mut().zip(&mut *second).zip(returns) {
        (*first, *second) = (near(r), near(r * r));
        small &= r.abs() < SMALL;
    }
    if !small {
        for ((first, second), &r) in first.iter_mut().zip(second).zip(returns) {
            (*first, *second) = (units(r)?, units(r * r)?);
        }
    }
    Some(())
}

/// The rows of one pass, block by block from the first on.
pub(super) struct RowBlocks<'a> {
    tables: &'a Tables<'a>,
    shared: Option<&'a KeptRows>,
    terms: Box<Terms>,
    running: Running,
    rows: Box<[Row; BLOCK]>,
    downs: Option<Downs>,
    set: InstructionSet,
}

impl<'a> RowBlocks<'a> {
    /// Those of a pass of so many members. Where it is interrupted, what is in them means nothing.
    pub(super) fn new(
        tables: &'a Tables,
        members: usize,
        set: InstructionSet,
        interrupt: Interrupt,
    ) -> RowBlocks<'a> {
        let mut blocks = RowBlocks {
            tables,
            shared: None,
            terms: Terms::new(),
            running: (0, 0),
            rows: Box::new([Row::NONE; BLOCK]),
            downs: tables.last_down.map(|_| Downs::new()),
            set,
        };
        if members < MANY {
            blocks.share(interrupt);
        }
        blocks
    }

    /// Has the job keep its rows, unless interrupted. One thread computes them while others wait: each would need the memory of all rows.
    fn share(&mut self, interrupt: Interrupt) {
        let (tables, n) = (self.tables, self.tables.prices.close.len());
        // Who panicked while computing has set nothing.
        let making = tables.making.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.rows.get().is_none() {
            let downs = if tables.last_down.is_some() { n } else { 0 };
            let mut all = KeptRows { rows: Vec::with_capacity(n), downs: Vec::with_capacity(downs) };
            for from in (0..n).step_by(BLOCK) {
                if interrupt.is_asked() {
                    return;
                }
                let to = if from + BLOCK < n { from + BLOCK } else { n };
                let (rows, downs) = self.compute(from, to);
                all.rows.extend_from_slice(rows);
                all.downs.extend_from_slice(downs);
            }
            let _ = tables.rows.set(all);
        }
        drop(making);
        self.shared = tables.rows.get();
    }

    /// The rows `from..to`, at most [`BLOCK`]. Those up to the one at whose close accounts start mean nothing.
    pub(super) fn block(&mut self, from: usize, to: usize) -> (&[Row], &[Down]) {
        match self.shared {
            Some(all) => (&all.rows[from..to], all.downs.get(from..to).unwrap_or(&[])),
            None => self.compute(from, to),
        }
    }

    fn compute(&mut self, from: usize, to: usize) -> (&[Row], &[Down]) {
        let first = self.tables.first.clamp(from, to);
        if first < to {
            self.set.widened(Computed { blocks: self, from, first, to });
        }
        (&self.rows[..to - from], self.downs.as_ref().map_or(&[], |downs| downs.rows(to - from)))
    }
}

/// The rows `first..to` of the block that begins at `from`.
struct Computed<'b, 'a> {
    blocks: &'b mut RowBlocks<'a>,
    from: usize,
    first: usize,
    to: usize,
}

impl Loops for Computed<'_, '_> {
    #[inline(always)]
    fn run(self) {
        let Computed { blocks, from, first, to } = self;
        let RowBlocks { tables, terms, running, rows, downs, .. } = blocks;
        let known = terms.fill(&tables.prices, first, to);
        debug_assert!(known.is_some(), "all rows were computed once");
        terms.rows(running, &mut rows[first - from..to - from]);
        if let Some(downs) = downs {
            downs.fill(terms, first - from, to - first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;
    use crate::batch::InstructionSet;
    use crate::execution::Execution;
    use crate::prepared::Prepared;
    use crate::q52::fx;
    use crate::window;

    /// Prices that rise and fall by up to a share, now and then by a half.
    fn prices(rows: usize) -> Vec<i64> {
        let mut x = 1_000_000_i64;
        (0..rows as i64)
            .map(|t| {
                let step = match t * 7919 % 1009 {
                    0 => x / 2,
                    1 => -x / 3,
                    r => (r - 504) * x / 100_000,
                };
                x += step;
                x
            })
            .collect()
    }

    #[test]
    fn rows_are_those_of_the_formula_whether_a_pass_computes_them_or_the_job_keeps_them() {
        let close = prices(1_700);
        let time: Vec<i64> = (0..close.len() as i64).map(|t| t * 60_000).collect();
        let open: Vec<i64> = close.iter().map(|c| c + 3).collect();
        let bars = Bars {
            symbol: "A",
            decimals: 2,
            interval_ms: 60_000,
            time_ms: &time,
            open: &open,
            high: &open,
            low: &close,
            close: &close,
            volume: None,
            funding: &[],
            signals: None,
        };
        let exec = Execution { taker_fee: 0.001, slippage: 0.0003, ..Execution::default() };
        let prepared = Prepared::new(bars, &exec).expect("there is no funding");
        let window = window::Rows::after_warm_up(300);
        for set in InstructionSet::available() {
            let tables = Tables::new(&prepared, window, &exec, (true, set)).expect("sums fit");
            let (mut few, mut many) = (
                RowBlocks::new(&tables, 1, set, Interrupt::NEVER),
                RowBlocks::new(&tables, MANY, set, Interrupt::NEVER),
            );
            assert!(few.shared.is_some() && many.shared.is_none());
            let (mut p1, mut p2, mut d) = (0_i64, 0_i64, 0_i64);
            let square = |r: f64| if r < 0.0 { fx(r * r).expect("in range") } else { 0 };
            let pair = |r: f64| [fx(r), fx(r * r)].map(|x| x.expect("in range"));
            // Blocks as passes cut them: from the row before the first that counts.
            for from in (298..1_700).step_by(BLOCK) {
                let to = (from + BLOCK).min(1_700);
                let ((kept, kept_downs), (computed, downs)) = (few.block(from, to), many.block(from, to));
                for t in from.max(300)..to {
                    let (c, before, market) = (prepared.close[t], prepared.close[t - 1], prepared.open[t]);
                    let (buy, sell) = (market * (1.0 + 0.0003), market * (1.0 - 0.0003));
                    let (inv_buy, net_sell) = (1.0 / (buy * (1.0 + 0.001)), sell * (1.0 - 0.001));
                    let (m, entry) = (pair(c / before - 1.0), pair(c * inv_buy - 1.0));
                    let exit = pair(net_sell / before - 1.0);
                    let behind = d + square(c / before - 1.0);
                    let down = Down {
                        entry: square(c * inv_buy - 1.0) - behind,
                        exit: square(net_sell / before - 1.0) + d,
                    };
                    assert_eq!([kept_downs[t - from], downs[t - from]], [down; 2], "row {t}");
                    d = behind;
                    let (q1, q2) = (p1 + m[0], p2 + m[1]);
                    for row in [&kept[t - from], &computed[t - from]] {
                        assert_eq!(
                            [row.inv_buy, row.buy, row.net_sell, row.sell],
                            [inv_buy, buy, net_sell, sell]
                        );
                        assert_eq!((row.entry1, row.entry2), (entry[0] - q1, entry[1] - q2), "row {t}");
                        assert_eq!((row.exit1, row.exit2), (exit[0] + p1, exit[1] + p2), "row {t}");
                    }
                    (p1, p2) = (q1, q2);
                }
            }
            let last = &tables.last_row;
            let (kept, downs) = few.block(1_699, 1_700);
            assert_eq!(tables.last_down.map(|last| (last.row, last.behind)), Some((downs[0], d)));
            let kept = &kept[0];
            assert_eq!((last.entry1, last.exit2, last.sell), (kept.entry1, kept.exit2, kept.sell));
        }
    }
}
