//! Rows with an unchanged position, taken by the range: drawdown from extremes, returns by a scan.

use super::{HeldAccount, HeldBlock, sums};

impl HeldAccount {
    /// Holds over rows without an event inside of bars. Answers as [`HeldAccount::hold`].
    #[inline(always)]
    pub(super) fn scan(&mut self, block: &HeldBlock, from: usize, to: usize) -> usize {
        let short = self.q < 0.0;
        let (high, low) = if short { block.short } else { block.long }.extremes(from, to);
        // Rounding is monotone: the extremes of K + q x are those of x.
        let (high, low) = (self.k + self.q * high, self.k + self.q * low);
        let (high, low) = if short { (low, high) } else { (high, low) };
        let (first, end) = (block.start + from, block.start + to);
        if !self.drawdown.take_range(high, low) {
            if low <= self.drawdown.ruin {
                return self.walk(block, from, to);
            }
            for &x in &block.tables.index(short)[first..end] {
                self.drawdown.take(self.k + self.q * x);
            }
        }
        self.tally.exposed += (end - first) as u64;
        let (above, below) = (
            if self.before > high { self.before } else { high },
            if self.before < low { self.before } else { low },
        );
        let usual = above <= 1.2 * below;
        if let Some(lane) = block.lane {
            lane.fill_to(first, self.before);
            lane.set_equity(first, &block.tables.index(short)[first..end], self.k, self.q);
        }
        let mut row = first;
        while self.next_border < end {
            if self.next_border > row {
                self.add_returns(block, row, self.next_border, usual);
                row = self.next_border;
            }
            self.pass_borders(block, row);
        }
        self.add_returns(block, row, end, usual);
        self.before = self.k + self.q * block.tables.index(short)[end - 1];
        to
    }

    /// `scan` bar by bar.
    #[cold]
    fn walk(&mut self, block: &HeldBlock, from: usize, to: usize) -> usize {
        for t in from..to {
            let row = block.start + t;
            self.pass_borders(block, row);
            self.mark(block, row, self.rule(), true);
            if self.over {
                return t + 1;
            }
        }
        to
    }

    /// Adds the returns of rows with an unchanged position.
    #[inline(always)]
    fn add_returns(&mut self, block: &HeldBlock, from: usize, to: usize, usual: bool) {
        let tables = block.tables;
        let is_market = self.all_in && !tables.ratios;
        self.keep_held(from, to, is_market);
        if is_market {
            if let Some(lane) = block.lane {
                // 0 + 1 c is c itself.
                lane.set_returns(from, &tables.prepared.close[from - 1..to], 0.0, 1.0);
            }
            let ((a1, a2), (b1, b2)) = (tables.running[from - 1], tables.running[to - 1]);
            return self.add(Some((b1.wrapping_sub(a1), b2.wrapping_sub(a2))));
        }
        let x = &tables.index(self.q < 0.0)[from - 1..to];
        if let Some(lane) = block.lane {
            return self.add(sums::of(lane.set_returns(from, x, self.k, self.q), usual));
        }
        self.add(if usual { Some(sums::usual(x, self.k, self.q)) } else { sums::unusual(x, self.k, self.q) });
    }

    #[inline(always)]
    pub(super) fn add(&mut self, terms: Option<(i64, i64)>) {
        let total = |(a, b): (i64, i64)| self.s1.checked_add(a).zip(self.s2.checked_add(b));
        match terms.and_then(total) {
            Some((s1, s2)) => (self.s1, self.s2) = (s1, s2),
            None => (self.lost, self.over) = (true, true),
        }
    }

    /// Stores the sums of the blocks that end before `row`.
    #[inline(always)]
    pub(super) fn pass_borders(&mut self, block: &HeldBlock, row: usize) {
        while row >= self.next_border {
            self.sums[self.border] = (self.s1, self.s2);
            (self.s1, self.s2) = (0, 0);
            self.border += 1;
            self.next_border = block.tables.borders.get(self.border).copied().unwrap_or(usize::MAX);
        }
    }
}
