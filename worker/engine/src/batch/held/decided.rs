//! An account that is asked for its target close by close: only those closes are looked at that may change anything.

use super::listener::Listener;
use super::{HeldAccount, HeldBlock};
use crate::batch::pass::Start;
use crate::rules::Ahead;
use crate::stops::Levels;

/// Who says what an account shall hold.
pub(in crate::batch) trait Decides: Listener {
    /// Whether a look costs no more where it goes farther.
    const LOOKS_FAR: bool;

    /// The target after the close of a row, and the levels of an open position from the next bar on, if they move.
    fn decide(&mut self, row: usize) -> (f64, Option<Levels>);

    /// The bar of a row is over, its tests done.
    fn follow(&mut self, row: usize);

    /// The first row of `from..to` whose close may change what is wanted of a flat account whose last target was
    /// `acted`; `to`: there is none.
    fn flat_until(&self, from: usize, to: usize, acted: f64) -> usize;

    /// The same of an open position.
    fn look(&self, from: usize, to: usize, acted: f64, ahead: &mut Ahead) -> Look;

    /// Takes the first `followed` rows that were looked at as held, and the closes of the first `decided`. Answers the
    /// levels of the next bar, if they move.
    fn advance(&mut self, ahead: &Ahead, followed: usize, decided: usize) -> Option<Levels>;
}

/// What is known of the next rows of an open position.
pub(in crate::batch) enum Look {
    /// Levels stay where they are, and the first close that may change what is wanted is that of this row.
    Until(usize),
    /// The look ahead says it.
    Ahead,
    /// Only row after row can tell.
    Never,
}

/// An account and what was decided for it.
#[derive(Clone, Debug)]
pub(in crate::batch) struct Decided {
    pub account: HeldAccount,
    /// Row of the first decision.
    first: usize,
    /// The target of the last close.
    wanted: f64,
    /// Rows that are looked at together.
    look: usize,
}

/// Rows of the first look at a position, and of the longest.
const LOOKS: (usize, usize) = (16, 64);

impl Decided {
    pub fn new(account: HeldAccount, start: Start) -> Decided {
        Decided { account, first: start.row, wanted: 0.0, look: LOOKS.0 }
    }

    /// Follows a block of rows; at the first close of the account there is a decision and no bar.
    #[inline(always)]
    pub fn follow_block(&mut self, by: &mut impl Decides, block: &HeldBlock, ahead: &mut Ahead, rows: usize) {
        let begins = block.start == block.tables.base;
        if begins {
            self.begin(by, block);
        }
        self.follow(by, block, ahead, usize::from(begins), rows);
    }

    /// The first decision, at the close at which the account starts.
    fn begin(&mut self, by: &mut impl Decides, block: &HeldBlock) {
        if self.first > block.start {
            return;
        }
        self.wanted = by.decide(block.start).0;
        if block.tables.same_close && block.tables.is_open(block.start) && self.wanted != self.account.acted {
            self.account.order_at_close(block, block.start, self.wanted, by);
        }
    }

    /// Follows the rows of the block from row `at` of it to row `rows`.
    #[inline(always)]
    pub fn follow(
        &mut self,
        by: &mut impl Decides,
        block: &HeldBlock,
        ahead: &mut Ahead,
        mut at: usize,
        rows: usize,
    ) {
        while at < rows && !self.account.over {
            let idle =
                self.wanted == self.account.acted && !block.tables.is_first_of_closes(block.start + at);
            at = if idle && self.account.q == 0.0 {
                self.wait(by, block, at, rows)
            } else if idle {
                self.hold(by, block, ahead, at, rows)
            } else {
                self.bar(by, block, at)
            };
        }
    }

    /// The last row.
    pub fn finish(&mut self, by: &mut impl Decides, block: &HeldBlock, final_close: bool) {
        let account = &mut self.account;
        if !account.over {
            let orders = block.tables.is_open(block.start) && !block.tables.same_close;
            let target = if orders { self.wanted } else { account.acted };
            account.bar(block, block.start, target, final_close, by);
        }
        account.end(block, block.start);
    }

    /// Rows of a flat account of which nothing is wanted. Answers the row after the last one taken, as all do.
    #[inline(always)]
    fn wait(&mut self, by: &mut impl Decides, block: &HeldBlock, at: usize, rows: usize) -> usize {
        let (from, to) = (block.start + at, block.start + rows);
        if self.first >= to {
            return rows;
        }
        let from = if self.first > from { self.first } else { from };
        let next = by.flat_until(from, to, self.account.acted);
        if next == to {
            return rows;
        }
        if block.tables.same_close {
            return self.bar(by, block, next - block.start);
        }
        self.wanted = by.decide(next).0;
        next + 1 - block.start
    }

    /// A bar in which something happens, and its decision.
    fn bar(&mut self, by: &mut impl Decides, block: &HeldBlock, at: usize) -> usize {
        let row = block.start + at;
        if block.tables.same_close {
            return self.bar_to_close(by, block, at);
        }
        let target = if block.tables.is_open(row) { self.wanted } else { self.account.acted };
        self.account.bar(block, row, target, false, by);
        by.follow(row);
        self.decide(by, row);
        self.look = LOOKS.0;
        at + 1
    }

    /// The same where the order of the decision is filled at its close.
    fn bar_to_close(&mut self, by: &mut impl Decides, block: &HeldBlock, at: usize) -> usize {
        let row = block.start + at;
        let mut rule = self.account.begin_bar(block, row, by);
        by.follow(row);
        self.decide(by, row);
        if self.wanted != self.account.acted && block.tables.is_open(row) {
            self.account.order(block, row, self.wanted, &mut rule, by);
        }
        self.account.end_bar(block, row, rule);
        self.look = LOOKS.0;
        at + 1
    }

    fn decide(&mut self, by: &mut impl Decides, row: usize) {
        if row < self.first {
            return;
        }
        let (wanted, levels) = by.decide(row);
        self.wanted = wanted;
        self.set(levels);
    }

    fn set(&mut self, levels: Option<Levels>) {
        if let (Some(guard), Some(levels)) = (&mut self.account.guard, levels) {
            guard.set(levels);
        }
    }

    /// Rows of an open position of which nothing is wanted.
    #[inline(always)]
    fn hold(
        &mut self,
        by: &mut impl Decides,
        block: &HeldBlock,
        ahead: &mut Ahead,
        at: usize,
        rows: usize,
    ) -> usize {
        let row = block.start + at;
        let far = is_far(by) || self.look > rows - at;
        let longest = if far { rows - at } else { self.look };
        let mut guard = self.account.guard;
        let (decides, hits, end) = match by.look(row, row + longest, self.account.acted, ahead) {
            Look::Until(next) => (next - block.start, usize::MAX, at + longest),
            Look::Ahead => {
                // Levels of the rules move from row to row: only the look ahead knows them.
                if let Some(guard) = &mut guard {
                    guard.set(Levels::default());
                }
                let first = |bits: u64| match bits {
                    0 => usize::MAX,
                    bits => at + bits.trailing_zeros() as usize,
                };
                (first(ahead.decides), first(ahead.hits), at + longest)
            }
            Look::Never => return self.bar(by, block, at),
        };
        let end = if hits < end { hits } else { end };
        // With fills at the close a bar that decides is one of its own.
        let own_bar = block.tables.same_close && decides < end;
        let end = if decides < end { decides + usize::from(!own_bar) } else { end };
        let quiet = self.account.quiet_until(block, guard, at, end);
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
        let levels = by.advance(ahead, quiet - at, decided);
        self.set(levels);
        if decides < quiet {
            self.decide(by, block.start + decides);
            self.look = LOOKS.0;
            quiet
        } else if quiet < end || quiet == hits || (own_bar && quiet == decides) {
            self.bar(by, block, quiet)
        } else {
            self.look = if self.look < LOOKS.1 { 2 * self.look } else { LOOKS.1 };
            quiet
        }
    }
}

fn is_far<D: Decides>(_: &D) -> bool {
    D::LOOKS_FAR
}
