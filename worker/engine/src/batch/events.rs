//! The event-driven account: long or flat, always with the whole equity. A bar without a fill costs nothing.

use super::downs::{self, Down};
use super::drawdown::{Drawdown, Tally};
use super::finish::AccountTotals;
use super::kernels::{Isa, Portable};
use super::ranges::Ranges;
use super::rows::Row;
use super::tables::Tables;
use super::{BLOCK, Bits, WORDS};
use crate::evaluation::BLOCKS;
use crate::q52::fx;

/// One account between two blocks of rows.
#[derive(Clone, Debug)]
pub(super) struct WholeAccount {
    /// Cash while flat; cash before the entry while long.
    pub cash: f64,
    /// Units held; 0 = flat.
    pub quantity: f64,
    pub drawdown: Drawdown,
    pub tally: Tally,
    /// Sums of the finished trades and of the entry of an open one. They may wrap: only their differences from border
    /// to border count.
    pub s1: i64,
    pub s2: i64,
    /// The same of the squares of negative returns, where they are asked for; it never leaves 64 bits.
    pub down: i64,
    /// Borders of blocks passed, and the row of the next.
    border: usize,
    next_border: usize,
    pub ruined: bool,
    /// Row of the ruin, else beyond all.
    pub ended: usize,
    /// Row of the entry, while long.
    entered: usize,
    /// Latched state of the rule and what its crosses need.
    pub latch: u64,
    pub before: [u64; 2],
    /// Position bit of the last row (it differs from the latch where rows do not trade).
    pub held: u64,
}

/// What the accounts of a batch read at one block of rows.
pub(super) struct WholeBlock<'a> {
    pub tables: &'a Tables<'a>,
    /// The rows of the block.
    pub rows: &'a [Row],
    /// The same for squares of negative returns; none where nobody asks for them.
    pub downs: &'a [Down],
    pub ranges: &'a Ranges,
    /// Closing prices of all rows.
    pub close: &'a [f64],
    pub taker_fee: f64,
    /// First row of the block.
    pub start: usize,
}

/// Rows of a block at which a position begins or ends; kept from block to block, since making room takes as long as
/// finding them.
pub(super) struct Events([u16; BLOCK + 2]);

/// Running sums at the borders of the 16 blocks, in the end the sums of each.
pub(super) type Borders = [(i64, i64); BLOCKS];

impl Events {
    pub(super) fn new() -> Events {
        Events([0; BLOCK + 2])
    }

    /// The rows at which `positions` differ from the row before, `held` before the first. Positions are cut at the last
    /// row: an edge behind it is not an exit.
    #[inline(always)]
    fn find<I: Isa>(&mut self, isa: I, positions: &Bits, held: u64, rows: usize) -> &[u16] {
        let Events(events) = self;
        let before = isa.earlier(positions, held);
        let mut n = 0;
        for (w, (p, before)) in positions.iter().zip(before).enumerate() {
            let mut edges = p ^ before;
            let count = edges.count_ones() as usize;
            let mut next = || {
                let row = (w as u32 * 64 + edges.trailing_zeros()) as u16;
                edges &= edges.wrapping_sub(1);
                row
            };
            // Most words have two edges at most: these are written without asking.
            (events[n], events[n + 1]) = (next(), next());
            for event in events[n..n + count].iter_mut().skip(2) {
                *event = next();
            }
            n += count;
        }
        if n > 0 && usize::from(events[n - 1]) >= rows {
            n -= 1;
        }
        &events[..n]
    }
}

impl WholeAccount {
    pub(super) fn new(capital: f64, tables: &Tables) -> WholeAccount {
        WholeAccount {
            cash: capital,
            quantity: 0.0,
            drawdown: Drawdown::new(capital),
            tally: Tally::default(),
            s1: 0,
            s2: 0,
            down: 0,
            border: 0,
            next_border: tables.borders[0],
            ruined: false,
            ended: usize::MAX,
            entered: 0,
            latch: 0,
            before: [0; 2],
            held: 0,
        }
    }

    /// What the results are made of.
    pub(super) fn totals(&self) -> AccountTotals<'_> {
        let WholeAccount { tally, drawdown, ruined, .. } = self;
        AccountTotals { tally, exposed: tally.exposed, drawdown, ruined: *ruined }
    }

    /// Follows the positions of `rows` rows, one bit per row's close.
    #[inline(always)]
    pub(super) fn follow<I: Isa>(
        &mut self,
        isa: I,
        block: &WholeBlock,
        positions: &Bits,
        rows: usize,
        sums: &mut Borders,
        events: &mut Events,
    ) {
        let held = self.held;
        self.held = positions[(rows - 1) / 64] >> ((rows - 1) % 64) & 1;
        let exposed: u32 = positions.iter().map(|p| p.count_ones()).sum();
        self.tally.exposed += u64::from(exposed);
        let events = events.find(isa, positions, held, rows);
        let mut rest = events;
        if self.quantity != 0.0 {
            let Some((&exit, later)) = events.split_first() else {
                self.mark(block, 0, rows, sums, positions);
                return;
            };
            let exit = usize::from(exit);
            if exit > 0 && self.mark(block, 0, exit, sums, positions) {
                return;
            }
            if self.leave(block, exit, sums, positions) {
                return;
            }
            rest = later;
        }
        let mut trades = rest.chunks_exact(2);
        for trade in &mut trades {
            let (entry, exit) = (usize::from(trade[0]), usize::from(trade[1]));
            self.enter(block, entry, sums);
            if self.mark(block, entry, exit, sums, positions) || self.leave(block, exit, sums, positions) {
                return;
            }
        }
        if let &[entry] = trades.remainder() {
            let entry = usize::from(entry);
            self.enter(block, entry, sums);
            self.mark(block, entry, rows, sums, positions);
        }
    }

    #[inline(always)]
    fn enter(&mut self, block: &WholeBlock, at: usize, sums: &mut Borders) {
        let row = block.start + at;
        if row >= self.next_border {
            self.pass_borders(block.tables, row, sums);
        }
        let x = &block.rows[at];
        let quantity = self.cash * x.inv_buy;
        self.tally.fees += (block.taker_fee * quantity) * x.buy;
        self.tally.traded += quantity * x.buy;
        self.s1 = self.s1.wrapping_add(x.entry1);
        self.s2 = self.s2.wrapping_add(x.entry2);
        if let Some(down) = block.downs.get(at) {
            self.down = self.down.wrapping_add(down.entry);
        }
        self.quantity = quantity;
        self.entered = row;
    }

    /// Answers whether the account is ruined.
    #[inline(always)]
    fn leave(&mut self, block: &WholeBlock, at: usize, sums: &mut Borders, positions: &Bits) -> bool {
        let row = block.start + at;
        if row >= self.next_border {
            self.pass_borders(block.tables, row, sums);
        }
        let x = &block.rows[at];
        let after = self.quantity * x.net_sell;
        self.tally.fees += (block.taker_fee * self.quantity) * x.sell;
        self.tally.traded += self.quantity * x.sell;
        if after <= self.drawdown.ruin {
            self.ruined_at(block, row, positions);
            return true;
        }
        self.s1 = self.s1.wrapping_add(x.exit1);
        self.s2 = self.s2.wrapping_add(x.exit2);
        if let Some(down) = block.downs.get(at) {
            self.down = self.down.wrapping_add(down.exit);
        }
        self.close(after);
        self.quantity = 0.0;
        self.drawdown.take(after);
        false
    }

    /// Books a round trip.
    #[inline(always)]
    fn close(&mut self, after: f64) {
        let pnl = after - self.cash;
        self.tally.book(pnl);
        self.cash = after;
    }

    /// Marks the rows `from..to` of the block at their closes. Answers whether the account is ruined.
    #[inline(always)]
    fn mark(
        &mut self,
        block: &WholeBlock,
        from: usize,
        to: usize,
        sums: &mut Borders,
        positions: &Bits,
    ) -> bool {
        let (high, low) = block.ranges.extremes(from, to);
        // The extremes of q x c are those of c: rounding is monotone.
        let (high, low) = (self.quantity * high, self.quantity * low);
        if self.drawdown.take_range(high, low) {
            return false;
        }
        self.scan(block, from, to, sums, positions)
    }

    /// `mark` row by row.
    #[inline(never)]
    fn scan(
        &mut self,
        block: &WholeBlock,
        from: usize,
        to: usize,
        sums: &mut Borders,
        positions: &Bits,
    ) -> bool {
        for row in block.start + from..block.start + to {
            let e = self.quantity * block.close[row];
            if e <= self.drawdown.ruin {
                if row >= self.next_border {
                    self.pass_borders(block.tables, row, sums);
                }
                self.ruined_at(block, row, positions);
                return true;
            }
            self.drawdown.take(e);
        }
        false
    }

    /// The equity reached 0 at the close of `row`, by an exit or while long. Everything is flat from then on.
    #[cold]
    fn ruined_at(&mut self, block: &WholeBlock, row: usize, positions: &Bits) {
        let held_before = row > self.entered;
        let at = row - block.start;
        if held_before {
            let (p1, p2) = block.running(row);
            self.s1 = self.s1.wrapping_add(p1);
            self.s2 = self.s2.wrapping_add(p2);
            self.down = self.down.wrapping_add(block.fallen(row));
        } else {
            let x = &block.rows[at];
            self.s1 = self.s1.wrapping_sub(x.entry1);
            self.s2 = self.s2.wrapping_sub(x.entry2);
            self.down = self.down.wrapping_sub(block.downs.get(at).map_or(0, |down| down.entry));
        }
        let unit = fx(1.0).unwrap_or(0);
        self.s1 = self.s1.wrapping_sub(unit);
        self.s2 = self.s2.wrapping_add(unit);
        self.down = self.down.wrapping_add(unit);
        self.tally.book(-self.cash);
        // The block's positions were counted as a whole: take back those from the ruin on.
        for (w, &p) in positions.iter().enumerate() {
            let below = match at.saturating_sub(w * 64) {
                n if n >= 64 => u64::MAX,
                n => (1 << n) - 1,
            };
            self.tally.exposed -= u64::from((p & !below).count_ones());
        }
        self.cash = 0.0;
        self.quantity = 0.0;
        self.drawdown.lowest = 0.0;
        self.ruined = true;
        self.ended = row;
    }

    /// Stores the running sums before each border up to `row`.
    #[inline(never)]
    fn pass_borders(&mut self, tables: &Tables, row: usize, sums: &mut Borders) {
        while self.border < BLOCKS && tables.borders[self.border] <= row {
            let (p1, p2) = if self.quantity != 0.0 { tables.at_border[self.border] } else { (0, 0) };
            sums[self.border] = (self.s1.wrapping_add(p1), self.s2.wrapping_add(p2));
            self.border += 1;
        }
        self.next_border = if self.border < BLOCKS { tables.borders[self.border] } else { usize::MAX };
    }

    /// The last row, which may close the position. `wish` is the position the last order but one leaves (0 or 1).
    /// Answers whether a position is left open; `sums` then holds the sums of each block.
    pub(super) fn finish(
        &mut self,
        block: &WholeBlock,
        wish: u64,
        final_close: bool,
        sums: &mut Borders,
    ) -> bool {
        let open = self.last_row(block, wish, final_close, sums);
        if let Some(last) = block.tables.last_down.filter(|_| open) {
            self.down = self.down.wrapping_add(last.behind);
        }
        sums[self.border..].fill((self.s1, self.s2));
        for b in (1..BLOCKS).rev() {
            let before = sums[b - 1];
            sums[b] = (sums[b].0.wrapping_sub(before.0), sums[b].1.wrapping_sub(before.1));
        }
        open
    }

    fn last_row(&mut self, block: &WholeBlock, wish: u64, final_close: bool, sums: &mut Borders) -> bool {
        let row = block.start;
        let mut position = [0; WORDS];
        position[0] = wish;
        if self.ruined {
            return false;
        }
        if wish == 0 {
            self.follow(Portable, block, &position, 1, sums, &mut Events::new());
            self.pass_borders(block.tables, row + 1, sums);
            return false;
        }
        if !final_close {
            self.follow(Portable, block, &position, 1, sums, &mut Events::new());
            if !self.ruined {
                self.pass_borders(block.tables, row + 1, sums);
            }
            return !self.ruined;
        }
        self.tally.exposed += 1;
        let (s1, s2, down) = (self.s1, self.s2, self.down);
        let entered = self.quantity == 0.0;
        if entered {
            self.enter(block, 0, sums);
        } else if row >= self.next_border {
            self.pass_borders(block.tables, row, sums);
        }
        let end = &block.tables.last;
        let after = self.quantity * end.net;
        self.tally.fees += (block.taker_fee * self.quantity) * end.price;
        self.tally.traded += self.quantity * end.price;
        if after <= self.drawdown.ruin {
            self.ruined_at(block, row, &position);
            return false;
        }
        self.s1 = s1.wrapping_add(if entered { end.through1 } else { end.left1 });
        self.s2 = s2.wrapping_add(if entered { end.through2 } else { end.left2 });
        if let Some(last) = &block.tables.last_down {
            let left = last.left.wrapping_add(last.before);
            self.down = down.wrapping_add(if entered { last.through } else { left });
        }
        self.close(after);
        self.quantity = 0.0;
        self.drawdown.take(after);
        self.pass_borders(block.tables, row + 1, sums);
        false
    }
}

impl WholeBlock<'_> {
    /// P of the row before `row`.
    fn running(&self, row: usize) -> (i64, i64) {
        let Row { net_sell, exit1, exit2, .. } = self.rows[row - self.start];
        let r = net_sell / self.close[row - 1] - 1.0;
        (exit1.wrapping_sub(fx(r).unwrap_or(0)), exit2.wrapping_sub(fx(r * r).unwrap_or(0)))
    }

    /// D of the row before `row`.
    fn fallen(&self, row: usize) -> i64 {
        let Some(down) = self.downs.get(row - self.start) else { return 0 };
        let r = self.rows[row - self.start].net_sell / self.close[row - 1] - 1.0;
        let pair = (fx(r).unwrap_or(0), fx(r * r).unwrap_or(0));
        down.exit.wrapping_sub(downs::of(pair))
    }
}
