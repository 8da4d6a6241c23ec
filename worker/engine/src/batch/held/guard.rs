//! Rows with an unchanged position in which a stop, a target or the margin may close it: the first that may is found by
//! halving, from the extremes of ranges.

use super::listener::Nobody;
use super::{HeldAccount, HeldBlock};
use crate::stops::Guard;

impl HeldAccount {
    /// Holds the position over the rows `from..to` of the block. Answers the row after the last one taken, which is
    /// not `to` where an event inside a bar or the ruin came before.
    #[inline(always)]
    pub(super) fn hold(&mut self, block: &HeldBlock, from: usize, to: usize) -> usize {
        if block.exec.maintenance_margin.is_some() || self.guard.is_some() {
            if !self.is_quiet(block, from, to) {
                return self.hold_warily(block, from, to);
            }
            let end = self.scan(block, from, to);
            if let Some(guard) = &mut self.guard {
                guard.follow_range(block.bars.extremes(from, to));
            }
            return end;
        }
        self.scan(block, from, to)
    }

    /// Whether nothing can happen inside the bars of these rows.
    #[inline(always)]
    fn is_quiet(&self, block: &HeldBlock, from: usize, to: usize) -> bool {
        self.guard.as_ref().is_none_or(|guard| guard.is_out_of_reach(block.bars.extremes(from, to)))
            && self.has_margin(block, from, to)
    }

    /// Whether the margin lasts in these rows.
    #[inline(always)]
    fn has_margin(&self, block: &HeldBlock, from: usize, to: usize) -> bool {
        if block.exec.maintenance_margin.is_none() {
            return true;
        }
        let (high, low) = block.marks.extremes(from, to);
        if self.q < 0.0 { high < self.trigger } else { low > self.trigger }
    }

    #[inline(never)]
    fn hold_warily(&mut self, block: &HeldBlock, mut from: usize, to: usize) -> usize {
        while from < to {
            let row = self.quiet_until(block, self.guard, from, to);
            if row > from {
                let end = self.scan(block, from, row);
                if let Some(guard) = &mut self.guard {
                    guard.follow_range(block.bars.extremes(from, end));
                }
                from = end;
            }
            if from < to && self.q != 0.0 && !self.over {
                self.bar(block, block.start + from, self.acted, false, &mut Nobody);
                from += 1;
            }
            if self.over || self.q == 0.0 {
                return from;
            }
        }
        to
    }

    /// The first row of `from..to` in which `guard` or the margin may close the position. The peak moves with the rows
    /// passed; the account's own does when they are taken.
    #[inline(always)]
    pub(super) fn quiet_until(
        &self,
        block: &HeldBlock,
        mut guard: Option<Guard>,
        from: usize,
        to: usize,
    ) -> usize {
        let (mut at, mut step) = (from, to - from);
        while at < to {
            step = if step < to - at { step } else { to - at };
            let range = block.bars.extremes(at, at + step);
            let quiet = guard.is_none_or(|guard| match step {
                1 => guard.is_out_of_reach_of_bar(range),
                _ => guard.is_out_of_reach(range),
            });
            if quiet && self.has_margin(block, at, at + step) {
                if let Some(guard) = &mut guard {
                    guard.follow_range(range);
                }
                (at, step) = (at + step, 2 * step);
            } else if step > 1 {
                step /= 2;
            } else {
                break;
            }
        }
        at
    }
}
