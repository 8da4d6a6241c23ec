//! The sum of the accounts of one individual, bar by bar (X21): each adds its equity in the order of the symbols, then the
//! block is taken as that of one account. Equity between two fills is k + q x, so a symbol costs a product and a sum a bar.

use super::calendar::Stamps;
use super::drawdown::{Drawdown, Tally};
use super::events::Borders;
use super::finish::AccountTotals;
use super::held::{Journal, Tables, ratios};
use super::instructions::{InstructionSet, Loops};
use super::latch::keep;
use super::per_bar::Lane;
use super::tables::units;
use super::{BLOCK, Bits, WORDS};
use crate::evaluation::BLOCKS;

/// The sum of accounts between two blocks of rows.
pub(super) struct Total {
    /// The equity before the block, then that of its rows.
    equity: Box<[f64; BLOCK + 1]>,
    /// Rows with a position.
    exposed: Bits,
    /// Rows and results of round trips.
    trades: Vec<(usize, f64)>,
    drawdown: Drawdown,
    tally: Tally,
    /// Sums of the block of returns at hand, the number of blocks passed, and their sums.
    s1: i64,
    s2: i64,
    border: usize,
    pub sums: Borders,
    ruined: bool,
    /// A return or a sum is out of range.
    pub lost: bool,
}

impl Total {
    pub(super) fn new(capital: f64) -> Total {
        let mut equity = Box::new([0.0; BLOCK + 1]);
        equity[0] = capital;
        Total {
            equity,
            exposed: [0; WORDS],
            trades: Vec::new(),
            drawdown: Drawdown::new(capital),
            tally: Tally::default(),
            s1: 0,
            s2: 0,
            border: 0,
            sums: [(0, 0); BLOCKS],
            ruined: false,
            lost: false,
        }
    }

    /// Adds the rows `from..to` of an account.
    pub(super) fn add(
        &mut self,
        set: InstructionSet,
        journal: &mut Journal,
        tables: &Tables,
        rows: (usize, usize),
    ) {
        set.widened(Added { total: self, journal, tables, rows });
    }

    #[inline(always)]
    fn add_rows(&mut self, journal: &mut Journal, tables: &Tables, (from, to): (usize, usize)) {
        let states = &journal.states;
        for (i, state) in states.iter().enumerate() {
            let start = if state.row > from { state.row } else { from };
            let end = states.get(i + 1).map_or(to, |next| next.row);
            if end <= start {
                continue;
            }
            let sums = &mut self.equity[start - from + 1..end - from + 1];
            if state.q == 0.0 {
                sums.iter_mut().for_each(|sum| *sum += state.k);
            } else {
                for (sum, &x) in sums.iter_mut().zip(&tables.index(state.q < 0.0)[start..end]) {
                    *sum += state.k + state.q * x;
                }
            }
            let first = if state.row == start { start + usize::from(!state.held) } else { start };
            let last =
                if state.q != 0.0 { end } else { start + usize::from(state.row == start && state.held) };
            if first < last {
                let mut run = [u64::MAX; WORDS];
                keep(&mut run, first - from, last - from);
                self.exposed.iter_mut().zip(run).for_each(|(word, run)| *word |= run);
            }
        }
        self.trades.append(&mut journal.trades);
        journal.turn_page();
    }

    /// The same of an account whose rows lie among `stamps`, of which `from..to` are those of the block. Where stamps differ,
    /// finding them takes longer than adding: it is compiled once, for any processor.
    #[inline(never)]
    pub(super) fn add_at(
        &mut self,
        journal: &mut Journal,
        tables: &Tables,
        (first, end): (usize, usize),
        stamps: &Stamps,
        (from, to): (usize, usize),
    ) {
        // The row before the block stands first.
        let (mut equity, mut held) = ([0.0; BLOCK + 1], [false; BLOCK + 1]);
        (equity[0], held[0]) = (journal.equity, journal.exposed);
        let states = &journal.states;
        for (i, state) in states.iter().enumerate() {
            let start = if state.row > first { state.row } else { first };
            let next = states.get(i + 1).map_or(end, |next| next.row);
            if next <= start {
                continue;
            }
            let rows = start - first + 1..next - first + 1;
            let index = &tables.index(state.q < 0.0)[start..next];
            for ((e, held), &x) in equity[rows.clone()].iter_mut().zip(&mut held[rows.clone()]).zip(index) {
                *e = if state.q == 0.0 { state.k } else { state.k + state.q * x };
                *held = state.q != 0.0;
            }
            if state.row == start {
                held[rows.start] = state.held;
            }
        }
        let seen = stamps.seen((from, to));
        for (at, &rows) in seen.iter().enumerate() {
            let row = rows.saturating_sub(first);
            self.equity[at + 1] += equity[row];
            let is_exposed = held[row] && rows > tables.base && !stamps.is_gone(from + at);
            self.exposed[at / 64] |= u64::from(is_exposed) << (at % 64);
        }
        (journal.equity, journal.exposed) = (equity[end - first], held[end - first]);
        let stamp = |row: usize| from + seen.partition_point(|&rows| rows <= row);
        self.trades.extend(journal.trades.iter().map(|&(row, pnl)| (stamp(row), pnl)));
        journal.turn_page();
    }

    /// Takes the rows `from..to`, which all accounts have added, of a block that begins at `start`.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        borders: &[usize; BLOCKS],
        (start, from, to): (usize, usize, usize),
        lane: Option<&Lane>,
    ) {
        // Those of one bar stay in the order of the symbols.
        self.trades.sort_by_key(|&(row, _)| row);
        for &(_, pnl) in &self.trades {
            self.tally.book(pnl);
        }
        self.trades.clear();
        keep(&mut self.exposed, from - start, to - start);
        self.tally.exposed += self.exposed.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        self.exposed = [0; WORDS];
        if from < to {
            // The row before the first: the capital where that is the close at which the accounts start.
            self.equity[from - start] = self.equity[0];
            self.take_equity(borders, start, (from, to), lane);
            self.equity[0] = self.equity[to - start];
        }
        self.equity[1..].fill(0.0);
    }

    #[inline(always)]
    fn take_equity(
        &mut self,
        borders: &[usize; BLOCKS],
        start: usize,
        (from, to): (usize, usize),
        lane: Option<&Lane>,
    ) {
        if let Some(lane) = lane {
            // 0 + 1 e is e itself.
            let x = &self.equity[from - start..=to - start];
            lane.set_equity(from, &x[1..], 0.0, 1.0);
            lane.set_returns(from, x, 0.0, 1.0);
        }
        let (high, low) = extremes(&self.equity[from - start..=to - start]);
        let rows = &self.equity[from - start + 1..=to - start];
        if low <= 0.0 || !self.drawdown.take_range(high, low) {
            rows.iter().for_each(|&e| self.drawdown.take(e));
        }
        let usual = high <= 1.2 * low;
        let mut row = from;
        while row < to {
            while self.border < BLOCKS && borders[self.border] <= row {
                self.pass_border();
            }
            let end = borders.get(self.border).map_or(to, |&b| if b < to { b } else { to });
            let x = &self.equity[row - start..=end - start];
            let terms =
                if low > 0.0 { ratios(x, usual) } else { self.ratios_to_ruin(start, (row, end), lane) };
            let total = |(a, b): (i64, i64)| self.s1.checked_add(a).zip(self.s2.checked_add(b));
            match terms.and_then(total) {
                Some((s1, s2)) => (self.s1, self.s2) = (s1, s2),
                None => self.lost = true,
            }
            row = end;
        }
    }

    /// The sums of returns of rows of which one may be the ruin.
    #[cold]
    fn ratios_to_ruin(
        &mut self,
        start: usize,
        (from, to): (usize, usize),
        lane: Option<&Lane>,
    ) -> Option<(i64, i64)> {
        let (mut s1, mut s2) = (0_i64, 0_i64);
        for row in from..to {
            let (before, e) = (self.equity[row - start], self.equity[row - start + 1]);
            let r = if before == 0.0 {
                0.0
            } else if e == 0.0 {
                self.ruined = true;
                -1.0
            } else {
                e / before - 1.0
            };
            if let Some(lane) = lane {
                lane.set(row, e, r);
            }
            s1 = s1.checked_add(units(r)?)?;
            s2 = s2.checked_add(units(r * r)?)?;
        }
        Some((s1, s2))
    }

    fn pass_border(&mut self) {
        self.sums[self.border] = (self.s1, self.s2);
        (self.s1, self.s2) = (0, 0);
        self.border += 1;
    }

    /// Takes what the accounts have paid and traded, and ends the last block of returns. Answers the equity at the end.
    pub(super) fn finish(&mut self, [fees, funding, traded]: [f64; 3]) -> f64 {
        (self.tally.fees, self.tally.funding, self.tally.traded) = (fees, funding, traded);
        while self.border < BLOCKS {
            self.pass_border();
        }
        self.equity[0]
    }

    /// What the results are made of, if so many rows more are exposed than its accounts have told.
    pub(super) fn totals(&self, more: u64) -> AccountTotals<'_> {
        let Total { tally, drawdown, ruined, .. } = self;
        AccountTotals { tally, exposed: tally.exposed + more, drawdown, ruined: *ruined }
    }
}

struct Added<'a, 't> {
    total: &'a mut Total,
    journal: &'a mut Journal,
    tables: &'a Tables<'t>,
    rows: (usize, usize),
}

impl Loops for Added<'_, '_> {
    #[inline(always)]
    fn run(self) {
        self.total.add_rows(self.journal, self.tables, self.rows);
    }
}

/// The highest and the lowest, which eight lanes find side by side.
#[inline(always)]
fn extremes(x: &[f64]) -> (f64, f64) {
    let (mut high, mut low) = ([x[0]; 8], [x[0]; 8]);
    let (lines, rest) = x.as_chunks::<8>();
    for line in lines {
        for lane in 0..8 {
            high[lane] = if line[lane] > high[lane] { line[lane] } else { high[lane] };
            low[lane] = if line[lane] < low[lane] { line[lane] } else { low[lane] };
        }
    }
    let top = high.into_iter().chain(rest.iter().copied()).fold(x[0], |a, b| if b > a { b } else { a });
    let bottom = low.into_iter().chain(rest.iter().copied()).fold(x[0], |a, b| if b < a { b } else { a });
    (top, bottom)
}
