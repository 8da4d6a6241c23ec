//! What the event-driven account reads of one symbol: prices of fills and the exact sums of returns between them.

use crate::evaluation::BLOCKS;
use crate::prepared::Prepared;
use crate::q52::{UNITS, block_start, fx};
use crate::window::Rows;

/// One row: what an entry reads and what an exit reads, one cache line.
///
/// With P the running sum of the market's own returns, an entry at a adds `fx(entry return) - P[a]` and an exit at
/// e adds `fx(exit return) + P[e-1]`, so that a trade costs two reads whatever its length. 1 = r, 2 = r x r.
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

/// The end of a position that is still open at the last row.
#[derive(Clone, Copy)]
pub(super) struct LastRow {
    /// Price of a final close, slippage inside.
    pub price: f64,
    /// The same after the fee.
    pub net: f64,
    /// fx(return) of the last row that ends with it, and of its square, + P of the row before.
    pub left1: i64,
    pub left2: i64,
    /// fx(return) of a last row that began flat and was entered, and of its square.
    pub through1: i64,
    pub through2: i64,
}

/// Tables of one symbol and one window.
pub(super) struct Tables {
    pub rows: Vec<Row>,
    /// First row of blocks 1 to 15 of the counted returns, then the row after the last.
    pub borders: [usize; BLOCKS],
    /// P at the row before each border. P may wrap: what is taken from it are differences inside a block, which fit.
    pub at_border: [(i64, i64); BLOCKS],
    pub last: LastRow,
    /// Rows that trade, as bits; `None` where all do.
    pub open: Option<Vec<u64>>,
}

/// Sums of the largest rise and fall that any path could add up in one block.
#[derive(Clone, Copy)]
struct Reach {
    up: i128,
    down: i128,
}

impl Reach {
    /// Starts with room for the return -1 of a ruin.
    const ROOM: Reach = Reach { up: 1 << 53, down: -1 << 53 };

    fn add(&mut self, terms: [i64; 3]) {
        self.up += i128::from(terms.into_iter().max().unwrap_or(0).max(0));
        self.down += i128::from(terms.into_iter().min().unwrap_or(0).min(0));
    }

    fn fits(&self) -> bool {
        i64::try_from(self.up).is_ok() && i64::try_from(self.down).is_ok()
    }
}

impl Tables {
    /// Tables of the rows that are counted. `None` where a term or a possible sum of a block leaves 64
    /// bits: such data take the general path.
    pub(super) fn new(prepared: &Prepared, rows: Rows, taker_fee: f64, slippage: f64) -> Option<Tables> {
        let base = rows.base();
        let (n, close, costs) = (prepared.len(), &prepared.close, &prepared.costs);
        if n < base + 2 {
            return None;
        }
        let unused = Row {
            inv_buy: 0.0,
            buy: 0.0,
            entry1: 0,
            entry2: 0,
            net_sell: 0.0,
            sell: 0.0,
            exit1: 0,
            exit2: 0,
        };
        let mut tables = Tables {
            rows: vec![unused; n],
            borders: borders(rows, n),
            at_border: [(0, 0); BLOCKS],
            last: LastRow { price: 0.0, net: 0.0, left1: 0, left2: 0, through1: 0, through2: 0 },
            open: open_rows(prepared, base + 1),
        };
        let mut reach = [Reach::ROOM; 2];
        let (mut p1, mut p2) = (0_i64, 0_i64);
        let mut border = 0;
        let pair = |r: f64| Some((units(r)?, units(r * r)?));
        for t in base + 1..n {
            while border < BLOCKS && tables.borders[border] <= t {
                tables.at_border[border] = (p1, p2);
                border += 1;
                if !reach.iter().all(Reach::fits) {
                    return None;
                }
                reach = [Reach::ROOM; 2];
            }
            let (c, before) = (close[t], close[t - 1]);
            let usable = |x: f64| x > 1e-100 && x < 1e100;
            let row = &mut tables.rows[t];
            (row.inv_buy, row.buy) = (costs.inv_buy[t], costs.buy[t]);
            (row.net_sell, row.sell) = (costs.net_sell[t], costs.sell[t]);
            if ![c, before, row.inv_buy, row.buy, row.net_sell, row.sell].into_iter().all(usable) {
                return None;
            }
            let (m, m2) = pair(c / before - 1.0)?;
            let (entry, entry_2) = pair(c * row.inv_buy - 1.0)?;
            let (exit, exit_2) = pair(row.net_sell / before - 1.0)?;
            (row.exit1, row.exit2) = (exit.wrapping_add(p1), exit_2.wrapping_add(p2));
            if t + 1 == n {
                let price = c * (1.0 - slippage);
                let net = price * (1.0 - taker_fee);
                let ((left1, left2), (through1, through2)) =
                    (pair(net / before - 1.0)?, pair(net * row.inv_buy - 1.0)?);
                reach[0].add([left1, through1, 0]);
                reach[1].add([left2, through2, 0]);
                let (left1, left2) = (left1.wrapping_add(p1), left2.wrapping_add(p2));
                tables.last = LastRow { price, net, left1, left2, through1, through2 };
            }
            p1 = p1.wrapping_add(m);
            p2 = p2.wrapping_add(m2);
            (row.entry1, row.entry2) = (entry.wrapping_sub(p1), entry_2.wrapping_sub(p2));
            reach[0].add([m, entry, exit]);
            reach[1].add([m2, entry_2, exit_2]);
        }
        tables.at_border[border..].fill((p1, p2));
        reach.iter().all(Reach::fits).then_some(tables)
    }
}

/// First row of blocks 1 to 15 of the returns that are counted of `n` rows, then the row after the last.
pub(super) fn borders(rows: Rows, n: usize) -> [usize; BLOCKS] {
    let first = rows.base() + usize::from(!rows.full);
    std::array::from_fn(|b| first + block_start(b + 1, n - first))
}

/// Rows that trade, as bits; `None` where all from `first` on do.
pub(super) fn open_rows(prepared: &Prepared, first: usize) -> Option<Vec<u64>> {
    let n = prepared.len();
    if (first..n).all(|t| prepared.is_tradable(t)) {
        return None;
    }
    let mut open = vec![0_u64; n.div_ceil(64) + 1];
    for t in (0..n).filter(|&t| prepared.is_tradable(t)) {
        open[t / 64] |= 1 << (t % 64);
    }
    Some(open)
}

/// [`fx`] without a call for the usual small return: adding 1.5 x 2^52 rounds to a whole number, half to even.
#[inline(always)]
pub(super) fn units(x: f64) -> Option<i64> {
    const SHIFT: f64 = 1.5 * UNITS;
    if x.abs() < 0.25 { Some(((x * UNITS + SHIFT) - SHIFT) as i64) } else { fx(x) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_returns_are_rounded_like_all_others() {
        let mut x = 1e-17;
        while x < 3000.0 {
            for x in [x, -x, x + 0.5 / UNITS, 1.5 / UNITS - x] {
                assert_eq!(units(x), fx(x), "{x:e}");
            }
            x *= 1.0007;
        }
        for k in -9..9 {
            let half = (f64::from(k) + 0.5) / UNITS;
            assert_eq!(units(half), fx(half));
        }
        assert_eq!(units(f64::NAN), None);
    }
}
