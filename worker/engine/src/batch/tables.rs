//! What the event-driven account reads of one symbol: prices of fills and the exact sums of returns between them.

use super::downs::{LastDown, down, most, of};
use super::rows::{KeptRows, Prices, Row, Running, Terms, closed};
use super::{BLOCK, InstructionSet, Loops};
use crate::evaluation::BLOCKS;
use crate::execution::Execution;
use crate::prepared::Prepared;
use crate::q52::{UNITS, block_start, fx};
use crate::window;
use std::sync::{Mutex, OnceLock};

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
pub(super) struct Tables<'a> {
    pub prices: Prices<'a>,
    /// The first row that counts.
    pub first: usize,
    /// All rows, where small batches ask for them, and who makes them.
    pub rows: OnceLock<KeptRows>,
    pub making: Mutex<()>,
    pub last_row: Row,
    /// Where squares of negative returns are asked for.
    pub last_down: Option<LastDown>,
    /// First row of blocks 1 to 15 of the counted returns, then the row after the last.
    pub borders: [usize; BLOCKS],
    /// P at the row before each border. P may wrap: what is taken from it are differences inside a block, which fit.
    pub at_border: [Running; BLOCKS],
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

    fn add(&mut self, terms: [i64; 2]) {
        self.up += i128::from(terms.into_iter().max().unwrap_or(0).max(0));
        self.down += i128::from(terms.into_iter().min().unwrap_or(0).min(0));
    }

    /// Adds rows, each with three ways to add.
    #[inline(always)]
    fn add_rows(&mut self, [a, b, c]: [&[i64]; 3]) {
        let larger = |a: i64, b: i64| if a > b { a } else { b };
        let smaller = |a: i64, b: i64| if a < b { a } else { b };
        let (mut up, mut down) = (Parts::default(), Parts::default());
        for ((&a, &b), &c) in a.iter().zip(b).zip(c) {
            up.add(larger(larger(a, b), larger(c, 0)));
            down.add(smaller(smaller(a, b), smaller(c, 0)));
        }
        self.up += up.sum();
        self.down += down.sum();
    }

    fn fits(&self) -> bool {
        i64::try_from(self.up).is_ok() && i64::try_from(self.down).is_ok()
    }
}

/// A sum of numbers of 64 bits in two halves that cannot overflow.
#[derive(Default)]
struct Parts {
    upper: i64,
    lower: i64,
}

impl Parts {
    #[inline(always)]
    fn add(&mut self, x: i64) {
        self.upper += x >> 32;
        self.lower += x & 0xFFFF_FFFF;
    }

    fn sum(&self) -> i128 {
        (i128::from(self.upper) << 32) + i128::from(self.lower)
    }
}

impl<'a> Tables<'a> {
    /// Tables of the rows that are counted, with squares of negative returns if `downs`. `None` where a term or a possible sum
    /// of a block, or of all these squares, leaves 64 bits: such data take the general path.
    pub(super) fn new(
        prepared: &'a Prepared,
        rows: window::Rows,
        exec: &Execution,
        (downs, set): (bool, InstructionSet),
    ) -> Option<Tables<'a>> {
        let (n, first) = (prepared.len(), rows.base() + 1);
        if n < first + 1 {
            return None;
        }
        let prices = Prices { close: &prepared.close, market: prepared.markets(), costs: prepared.costs };
        let mut made = None;
        set.widened(Survey { tables: &mut made, prices, first, borders: borders(rows, n), exec, downs });
        let tables = made?;
        Some(Tables { open: open_rows(prepared, first), ..tables })
    }
}

/// One look at all rows, of which little is kept.
struct Survey<'w, 'a> {
    tables: &'w mut Option<Tables<'a>>,
    prices: Prices<'a>,
    first: usize,
    borders: [usize; BLOCKS],
    exec: &'w Execution,
    downs: bool,
}

impl Loops for Survey<'_, '_> {
    #[inline(always)]
    fn run(self) {
        *self.tables = self.tables();
    }
}

impl<'a> Survey<'_, 'a> {
    #[inline(always)]
    fn tables(&self) -> Option<Tables<'a>> {
        let Survey { prices, first, borders, exec, downs, .. } = *self;
        let n = prices.close.len();
        let (mut terms, mut at_border) = (Terms::new(), [(0, 0); BLOCKS]);
        let mut reach = [Reach::ROOM; 2];
        let (mut border, mut running, mut from) = (0, (0_i64, 0_i64), first);
        let (mut rows, mut fallen, mut most_fallen) = (0, 0_i64, 0_i128);
        while from < n {
            while border < BLOCKS && borders[border] <= from {
                at_border[border] = running;
                border += 1;
                if !reach.iter().all(Reach::fits) {
                    return None;
                }
                reach = [Reach::ROOM; 2];
            }
            let end = if border < BLOCKS && borders[border] < n { borders[border] } else { n };
            let to = if from + BLOCK < end { from + BLOCK } else { end };
            rows = to - from;
            terms.fill(&prices, from, to)?;
            for (k, reach) in reach.iter_mut().enumerate() {
                reach.add_rows([&terms.market[k][..rows], &terms.entry[k][..rows], &terms.exit[k][..rows]]);
            }
            let sum = |k: usize| terms.market[k][..rows].iter().fold(0_i64, |sum, &m| sum.wrapping_add(m));
            running = (running.0.wrapping_add(sum(0)), running.1.wrapping_add(sum(1)));
            if downs {
                // At the end `fallen` is D behind the last row but one.
                for i in 0..rows - usize::from(to == n) {
                    down(&terms, i, &mut fallen);
                }
                let mut parts = Parts::default();
                (0..rows).for_each(|i| parts.add(most(&terms, i)));
                most_fallen += parts.sum();
            }
            from = to;
        }
        at_border[border..].fill(running);
        let at = rows - 1;
        let p = (running.0.wrapping_sub(terms.market[0][at]), running.1.wrapping_sub(terms.market[1][at]));
        let last_row = terms.row(at, &mut { p });
        let price = prices.close[n - 1] * (1.0 - exec.slippage);
        let net = price * (1.0 - exec.taker_fee);
        let pair = |r: f64| Some((units(r)?, units(r * r)?));
        let (left, through) = closed(net, prices.close[n - 2], last_row.inv_buy);
        let (left, through) = (pair(left)?, pair(through)?);
        reach[0].add([left.0, through.0]);
        reach[1].add([left.1, through.1]);
        let last = LastRow {
            price,
            net,
            left1: left.0.wrapping_add(p.0),
            left2: left.1.wrapping_add(p.1),
            through1: through.0,
            through2: through.1,
        };
        let mut behind = fallen;
        let row = down(&terms, at, &mut behind);
        let last_down = LastDown { row, before: fallen, behind, left: of(left), through: of(through) };
        most_fallen += i128::from(last_down.left) + i128::from(last_down.through) + (1 << 53);
        let fits = reach.iter().all(Reach::fits) && i64::try_from(most_fallen).is_ok();
        let tables = Tables {
            prices,
            first,
            rows: OnceLock::new(),
            making: Mutex::new(()),
            last_row,
            last_down: downs.then_some(last_down),
            borders,
            at_border,
            last,
            open: None,
        };
        fits.then_some(tables)
    }
}

/// First row of blocks 1 to 15 of the returns that are counted of `n` rows, then the row after the last.
pub(super) fn borders(rows: window::Rows, n: usize) -> [usize; BLOCKS] {
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

/// Below it a return is usual.
pub(super) const SMALL: f64 = 0.25;

/// [`units`] of what is below [`SMALL`]: numbers beside 1.5 x 2^52 are whole, rounded half to even, and their bits differ by
/// what they do.
#[inline(always)]
pub(super) fn near(x: f64) -> i64 {
    const SHIFT: f64 = 1.5 * UNITS;
    ((x * UNITS + SHIFT).to_bits() as i64).wrapping_sub(SHIFT.to_bits() as i64)
}

/// [`fx`] without a call for the usual small return.
#[inline(always)]
pub(super) fn units(x: f64) -> Option<i64> {
    if x.abs() < SMALL { Some(near(x)) } else { fx(x) }
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
