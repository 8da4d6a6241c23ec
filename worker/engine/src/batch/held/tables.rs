//! What accounts that hold any position read of one symbol, besides its prices.

use crate::batch::tables::{borders, open_rows, units};
use crate::evaluation::BLOCKS;
use crate::execution::{Execution, Fill, Funding};
use crate::prepared::Prepared;
use crate::window::Rows;
use std::borrow::Cow;

/// Tables of one symbol, one window and one set of options.
pub(in crate::batch) struct Tables<'a> {
    pub prepared: &'a Prepared<'a>,
    /// Index prices of longs and shorts: E = K + q x.
    pub long: Cow<'a, [f64]>,
    pub short: Cow<'a, [f64]>,
    /// Running sums of fx(c / c1 - 1) and of fx of its square. They may wrap: no sum of rows of one block leaves 64
    /// bits.
    pub running: Vec<(i64, i64)>,
    /// A short that was filled with K and q is liquidated in a row only if K / |q| is at most the row's high mark, a
    /// long only if -K / q is at least its low mark, give or take roundings. Rows that do not trade have none.
    pub high_marks: Vec<f64>,
    pub low_marks: Vec<f64>,
    /// The largest price and charge a mark is made of: the scale of its roundings.
    pub scale: f64,
    /// First row of blocks 1 to 15 of the counted returns, then the row after the last.
    pub borders: [usize; BLOCKS],
    /// Whether every open lies between the low and the high.
    pub ordered: bool,
    /// Rows that trade, as bits; `None` where all do.
    pub open: Option<Vec<u64>>,
    /// Whether every return is E / E1 - 1.
    pub ratios: bool,
    /// The row at whose close the account starts.
    pub base: usize,
    /// Whether orders are filled at the close that decides them.
    pub same_close: bool,
}

impl<'a> Tables<'a> {
    /// Tables of the rows that are counted. `None` where the options or the data ask for the general
    /// path: margins of 100 %, prices so far apart that sums of their returns in a block leave 64 bits.
    pub(in crate::batch) fn new(
        prepared: &'a Prepared<'a>,
        rows: Rows,
        exec: &Execution,
    ) -> Option<Tables<'a>> {
        let base = rows.base();
        let (n, close, charges) = (prepared.len(), &prepared.close, &prepared.charges);
        let k = exec.fraction * exec.leverage;
        let margin = exec.maintenance_margin.unwrap_or(0.0);
        let usable = |x: f64| x > 1e-100 && x < 1e100;
        if n < base + 2 || !usable(k) || !(0.0..1.0).contains(&margin) {
            return None;
        }
        let same_close = exec.fill == Fill::SameClose;
        let charged = exec.funding != Funding::None || exec.borrow_rate != 0.0;
        let index = |short: bool| match charges.column(short) {
            Some(f) => Cow::Owned(close.iter().zip(f).map(|(c, f)| c - f).collect()),
            None => Cow::Borrowed(&close[..]),
        };
        let mut tables = Tables {
            prepared,
            long: index(false),
            short: index(true),
            running: vec![(0, 0); n],
            high_marks: vec![f64::NEG_INFINITY; n],
            low_marks: vec![f64::INFINITY; n],
            scale: 0.0,
            borders: borders(rows, n),
            ordered: true,
            open: open_rows(prepared, if same_close { base } else { base + 1 }),
            base,
            same_close,
            ratios: charged || exec.has_ratio_returns(),
        };
        if same_close
            && !(usable(prepared.costs.net_sell(close[base])) && usable(prepared.costs.inv_sell(close[base])))
        {
            return None;
        }
        let (highs, lows) = (prepared.high(), prepared.low());
        let (mut reach, mut border) = ([0_i128; 3], 0);
        for t in base + 1..n {
            while tables.borders[border] <= t {
                (reach, border) = ([0; 3], border + 1);
            }
            let (costs, market) = (prepared.costs, prepared.market(t));
            let prices =
                [close[t], close[t - 1], prepared.open[t], costs.net_sell(market), costs.inv_buy(market)];
            let m = close[t] / close[t - 1] - 1.0;
            if !(prices.into_iter().all(usable) && usable(costs.inv_sell(market))) {
                return None;
            }
            let ((p1, p2), (m1, m2)) = (tables.running[t - 1], (units(m)?, units(m * m)?));
            tables.running[t] = (p1.wrapping_add(m1), p2.wrapping_add(m2));
            for (sum, m) in reach.iter_mut().zip([m1, -m1, m2]) {
                *sum += i128::from(if m > 0 { m } else { 0 });
                if i64::try_from(*sum).is_err() {
                    return None;
                }
            }
            let (open, high, low) = (prepared.open[t], highs[t], lows[t]);
            tables.ordered &= low <= open && open <= high;
            if !prepared.is_tradable(t) {
                continue;
            }
            let (high, low) = (if open > high { open } else { high }, if open < low { open } else { low });
            let (long, short) = (charges.at(false, tables.charged(t)), charges.at(true, tables.charged(t)));
            tables.high_marks[t] = (1.0 + margin) * high - short;
            tables.low_marks[t] = (1.0 - margin) * low - long;
            let scale = 2.0 * high + long.abs() + short.abs();
            if !usable(scale) {
                return None;
            }
            tables.scale = if scale > tables.scale { scale } else { tables.scale };
        }
        Some(tables)
    }

    /// Index prices of a side.
    #[inline(always)]
    pub(in crate::batch) fn index(&self, short: bool) -> &[f64] {
        if short { &self.short } else { &self.long }
    }

    /// The row whose charges hold for what happens inside the bar of a row: with fills at the close, the stamps of a bar
    /// are charged behind its stops.
    #[inline(always)]
    pub(super) fn charged(&self, row: usize) -> usize {
        if self.same_close { row - 1 } else { row }
    }

    /// Whether orders and liquidations act in a row.
    #[inline(always)]
    pub(in crate::batch) fn is_open(&self, row: usize) -> bool {
        self.open.as_ref().is_none_or(|open| open[row / 64] >> (row % 64) & 1 == 1)
    }
}
