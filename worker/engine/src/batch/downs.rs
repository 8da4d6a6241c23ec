//! Squares of negative returns, as entries and exits add them: what a Sortino ratio asks for is a sum of whole numbers, which
//! comes from a running sum of the market's own as other returns do (`rows`). So no account looks at its bars for it. The oracle
//! is the simulator, as for all sums.

use super::BLOCK;
use super::rows::Terms;

/// What an entry and what an exit in a row add. With D the running sum of the market's own, an entry at a adds its own square
/// - D\[a\], an exit at e its own + D\[e-1\].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Down {
    pub entry: i64,
    pub exit: i64,
}

/// What a symbol's last row adds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastDown {
    /// As in all rows.
    pub row: Down,
    /// D at the row before it, and behind it.
    pub before: i64,
    pub behind: i64,
    /// The square of a position that is closed at its end, without D: if it was held at its begin, and if it was entered there.
    pub left: i64,
    pub through: i64,
}

/// The rows of a block.
pub(super) struct Downs {
    running: i64,
    rows: Box<[Down; BLOCK]>,
}

impl Downs {
    pub(super) fn new() -> Downs {
        Downs { running: 0, rows: Box::new([Down::default(); BLOCK]) }
    }

    /// Takes the next rows, those that `terms` holds, and has them begin at row `at` of the block.
    #[inline(always)]
    pub(super) fn fill(&mut self, terms: &Terms, at: usize, rows: usize) {
        let Downs { running, rows: out } = self;
        for (i, out) in out[at..at + rows].iter_mut().enumerate() {
            *out = down(terms, i, running);
        }
    }

    /// The first rows of the block.
    #[inline(always)]
    pub(super) fn rows(&self, rows: usize) -> &[Down] {
        &self.rows[..rows]
    }
}

/// A row of `terms`, with D before it and then behind it.
#[inline(always)]
pub(super) fn down(terms: &Terms, i: usize, running: &mut i64) -> Down {
    let before = *running;
    *running = before.wrapping_add(square(&terms.market, i));
    let (entry, exit) = (square(&terms.entry, i), square(&terms.exit, i));
    Down { entry: entry.wrapping_sub(*running), exit: exit.wrapping_add(before) }
}

/// The most that row `i` adds to anybody.
#[inline(always)]
pub(super) fn most(terms: &Terms, i: usize) -> i64 {
    let (a, b, c) = (square(&terms.market, i), square(&terms.entry, i), square(&terms.exit, i));
    let ab = if a > b { a } else { b };
    if ab > c { ab } else { c }
}

/// The square of a negative return. One that rounds to 0 has a square that does.
#[inline(always)]
fn square([returns, squares]: &[[i64; BLOCK]; 2], i: usize) -> i64 {
    if returns[i] < 0 { squares[i] } else { 0 }
}

/// The same of one return in units, and its square.
pub(super) fn of((r, square): (i64, i64)) -> i64 {
    if r < 0 { square } else { 0 }
}
