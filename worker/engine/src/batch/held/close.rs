//! Orders that are filled at the close which decides them (X25): a bar tests its stops first, then decides, then trades,
//! then marks. A position that is taken at a close begins its first bar there, so rows between two fills are held by the
//! range as with fills at the open.

use super::listener::{Listener, Nobody};
use super::{HeldAccount, HeldBlock, Tables, next};
use crate::account::ReturnRule;
use crate::batch::Bits;
use crate::batch::kernels::Isa;

impl Tables<'_> {
    /// Whether the bar of a row is the first of an account that may have traded at the close before, where nothing was
    /// marked: its return is that of the capital.
    #[inline(always)]
    pub(super) fn is_first_of_closes(&self, row: usize) -> bool {
        self.same_close && row == self.base + 1
    }
}

impl HeldAccount {
    /// As [`HeldAccount::follow`]; bit t of `wishes` is what the close of row t wants.
    #[inline(always)]
    pub(in crate::batch) fn follow_closes<I: Isa>(
        &mut self,
        isa: I,
        block: &HeldBlock,
        mut wishes: [Bits; 2],
        open: Option<&Bits>,
        rows: usize,
    ) {
        let mut at = 0;
        let (mut positions, mut edges) = self.plan(isa, &mut wishes, open, at, rows);
        loop {
            add_first(block, rows, &mut edges);
            let edge = next(&edges, at, rows);
            at = if edge > at && self.q != 0.0 { self.hold_to_event(block, at, edge) } else { edge };
            if self.over || at == rows {
                return;
            }
            let row = block.start + at;
            let counts = row > block.tables.base;
            let mut rule = ReturnRule::Flat;
            if counts {
                rule = self.begin_bar(block, row, &mut Nobody);
            }
            if self.blocked != 0 {
                (positions, edges) = self.plan(isa, &mut wishes, open, at, rows);
            }
            let bit = |x: &Bits| (x[at / 64] >> (at % 64) & 1) as i8;
            let side = f64::from(bit(&positions[0]) - bit(&positions[1]));
            if side != self.acted {
                self.order(block, row, side, &mut rule, &mut Nobody);
            }
            if counts {
                self.end_bar(block, row, rule);
            } else {
                self.is_exposed_at_start = self.q != 0.0;
            }
            at += 1;
            if self.over {
                return;
            }
        }
    }

    /// Holds the position over the rows `from..to` until something may happen inside a bar. Answers the row of that bar,
    /// else `to`.
    #[inline(always)]
    fn hold_to_event(&mut self, block: &HeldBlock, from: usize, to: usize) -> usize {
        let wary = block.exec.maintenance_margin.is_some() || self.guard.is_some();
        let quiet = if wary { self.quiet_until(block, self.guard, from, to) } else { to };
        if quiet == from {
            return from;
        }
        let end = self.scan(block, from, quiet);
        if let Some(guard) = &mut self.guard {
            guard.follow_range(block.bars.extremes(from, end));
        }
        end
    }

    /// A bar up to the decision at its close.
    #[inline(always)]
    pub(super) fn begin_bar(
        &mut self,
        block: &HeldBlock,
        row: usize,
        listener: &mut impl Listener,
    ) -> ReturnRule {
        self.pass_borders(block, row);
        let mut rule = self.rule();
        self.test(block, row, false, &mut rule, listener);
        rule
    }

    /// What follows the order at its close.
    #[inline(always)]
    pub(super) fn end_bar(&mut self, block: &HeldBlock, row: usize, rule: ReturnRule) {
        self.mark(block, row, rule, self.q != 0.0);
    }

    /// The order at the close at which the account starts: its costs are charged to the next bar.
    pub(super) fn order_at_close(
        &mut self,
        block: &HeldBlock,
        row: usize,
        target: f64,
        listener: &mut impl Listener,
    ) {
        self.order(block, row, target, &mut ReturnRule::Flat, listener);
        self.is_exposed_at_start = self.q != 0.0;
    }
}

/// The first bar of the account is looked at on its own.
#[inline(always)]
fn add_first(block: &HeldBlock, rows: usize, edges: &mut Bits) {
    let at = (block.tables.base + 1).wrapping_sub(block.start);
    if at < rows {
        edges[at / 64] |= 1 << (at % 64);
    }
}
