//! An account that is asked for its target close by close: only those closes are looked at that may change anything.

use super::{HeldAccount, HeldBlock};
use crate::decider::Decider;
use crate::rules::Ahead;
use crate::stops::{Fractions, Levels};

/// An account and who decides for it.
pub(in crate::batch) struct Decided<'a> {
    pub account: HeldAccount,
    decider: Decider<'a>,
    /// The target of the last close.
    wanted: f64,
    /// Rows that are looked at together.
    look: usize,
}

/// Rows of the first look at a position, and of the longest.
const LOOKS: (usize, usize) = (16, 64);

impl<'a> Decided<'a> {
    pub fn new(capital: f64, tables: &super::Tables, stops: Fractions, decider: Decider<'a>) -> Decided<'a> {
        Decided { account: HeldAccount::new(capital, tables, stops), decider, wanted: 0.0, look: LOOKS.0 }
    }

    /// The first decision, at the close at which the account starts.
    pub fn begin(&mut self, row: usize) {
        self.wanted = self.decider.decide(row).0;
    }

    /// Follows `rows` rows of the block, from row `at` of it on.
    #[inline(always)]
    pub fn follow(&mut self, block: &HeldBlock, ahead: &mut Ahead, mut at: usize, rows: usize) {
        while at < rows && !self.account.over {
            let idle = self.wanted == self.account.acted;
            at = if idle && self.account.q == 0.0 {
                self.wait(block, at, rows)
            } else if idle {
                self.hold(block, ahead, at, rows)
            } else {
                self.bar(block, at)
            };
        }
    }

    /// The last row. Answers whether a position is left open.
    pub fn finish(&mut self, block: &HeldBlock, final_close: bool) -> bool {
        let account = &mut self.account;
        if !account.over {
            let target = if block.tables.is_open(block.start) { self.wanted } else { account.acted };
            account.bar(block, block.start, target, final_close, &mut self.decider);
        }
        account.end(block, block.start)
    }

    /// Rows of a flat account of which nothing is wanted. Answers the row after the last one taken, as all do.
    #[inline(always)]
    fn wait(&mut self, block: &HeldBlock, at: usize, rows: usize) -> usize {
        let (from, to) = (block.start + at, block.start + rows);
        let next = self.decider.flat_until(from, to, self.account.acted);
        if next < to {
            self.wanted = self.decider.decide(next).0;
        }
        if next < to { next + 1 - block.start } else { rows }
    }

    /// A bar in which something happens, and its decision.
    fn bar(&mut self, block: &HeldBlock, at: usize) -> usize {
        let row = block.start + at;
        let target = if block.tables.is_open(row) { self.wanted } else { self.account.acted };
        self.account.bar(block, row, target, false, &mut self.decider);
        self.decider.follow(row);
        self.decide(row);
        self.look = LOOKS.0;
        at + 1
    }

    fn decide(&mut self, row: usize) {
        let (wanted, levels) = self.decider.decide(row);
        self.wanted = wanted;
        if let Some(levels) = levels {
            self.set(levels);
        }
    }

    fn set(&mut self, levels: Levels) {
        if let Some(guard) = &mut self.account.guard {
            guard.set(levels);
        }
    }

    /// Rows of an open position of which nothing is wanted.
    #[inline(always)]
    fn hold(&mut self, block: &HeldBlock, ahead: &mut Ahead, at: usize, rows: usize) -> usize {
        let row = block.start + at;
        // Levels of the rules move from row to row, so that only what the look ahead says of them counts.
        let mut fixed = self.account.guard;
        let (decides, hits, end) = match &self.decider {
            Decider::Targets(targets) => {
                let to = block.start + rows;
                let next = targets.quiet_until(row, to, self.account.acted);
                (next - block.start, usize::MAX, if next < to { next + 1 - block.start } else { rows })
            }
            Decider::Rules(rules) => {
                let len = if self.look < rows - at { self.look } else { rows - at };
                if !rules.look_ahead(row, len, ahead) {
                    return self.bar(block, at);
                }
                if let Some(guard) = &mut fixed {
                    guard.set(Levels::default());
                }
                let first =
                    |bits: u64| if bits == 0 { usize::MAX } else { at + bits.trailing_zeros() as usize };
                (first(ahead.decides), first(ahead.hits), at + len)
            }
        };
        let end = if hits < end { hits } else { end };
        let end = if decides < end { decides + 1 } else { end };
        let quiet = self.account.quiet_until(block, fixed, at, end);
        if quiet > at {
            let taken = self.account.scan(block, at, quiet);
            if self.account.over {
                return taken;
            }
            if let Some(guard) = &mut self.account.guard {
                guard.follow_range(block.bars.extremes(at, quiet));
            }
        }
        let decided = if decides < quiet { decides } else { quiet } - at;
        if let Decider::Rules(rules) = &mut self.decider {
            let levels = rules.advance(ahead, quiet - at, decided);
            self.set(levels);
        }
        if decides < quiet {
            self.decide(block.start + decides);
            self.look = LOOKS.0;
            quiet
        } else if quiet < end || quiet == hits {
            self.bar(block, quiet)
        } else {
            self.look = if self.look < LOOKS.1 { 2 * self.look } else { LOOKS.1 };
            quiet
        }
    }
}
