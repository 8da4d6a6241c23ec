//! One bar of an account in the order of X1: what the simulator does, without a record. Bars with a fill, and those
//! in which something may happen, come here; all others are taken by the range.

use super::listener::Listener;
use super::{HeldAccount, HeldBlock};
use crate::account::ReturnRule;
use crate::batch::tables::units;

impl HeldAccount {
    /// The bar of `row` with a target; `last`: it is the last row and closes the position.
    #[inline]
    pub(super) fn bar(
        &mut self,
        block: &HeldBlock,
        row: usize,
        target: f64,
        last: bool,
        listener: &mut impl Listener,
    ) {
        self.pass_borders(block, row);
        let prepared = block.tables.prepared;
        let mut rule = self.rule();
        let entry = target != self.acted && self.order(block, row, target, &mut rule, listener);
        self.test(block, row, entry, &mut rule, listener);
        let held = self.q != 0.0;
        if last && held {
            let (c, s) = (prepared.close[row], block.exec.slippage);
            let price = if self.q > 0.0 { c * (1.0 - s) } else { c * (1.0 + s) };
            // What fell due up to the last close stands behind the last row.
            self.close_at(block, (row, row + 1), price, block.exec.taker_fee, &mut rule, listener);
        }
        self.mark(block, row, rule, held);
    }

    /// What may happen inside the bar: stop, target, liquidation, and the move of the peak.
    #[inline(always)]
    pub(super) fn test(
        &mut self,
        block: &HeldBlock,
        row: usize,
        entry: bool,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        if self.q != 0.0 && block.tables.is_open(row) {
            match self.guard {
                Some(guard) => self.intrabar(block, row, guard, entry, rule, listener),
                None => self.liquidate(block, row, rule, listener),
            }
        }
        if let Some(guard) = &mut self.guard {
            let prepared = block.tables.prepared;
            guard.follow_range((prepared.high()[row], prepared.low()[row]));
        }
    }

    /// The return rule of a bar that begins now.
    #[inline(always)]
    pub(super) fn rule(&self) -> ReturnRule {
        match (self.q == 0.0, self.all_in) {
            (true, _) => ReturnRule::Flat,
            (false, true) => ReturnRule::Held,
            (false, false) => ReturnRule::Ratio,
        }
    }

    /// Marks a row at its close.
    #[inline(always)]
    pub(super) fn mark(&mut self, block: &HeldBlock, row: usize, rule: ReturnRule, held: bool) {
        let prepared = block.tables.prepared;
        let equity = self.equity(block, row);
        if equity <= self.drawdown.ruin {
            self.ruin(block, row);
            return self.note(row, false);
        }
        self.tally.exposed += u64::from(held);
        let close = &prepared.close;
        let inv_buy = |row: usize| prepared.costs.inv_buy(prepared.market(row));
        let r = match if block.tables.ratios { ReturnRule::Ratio } else { rule } {
            ReturnRule::Flat => 0.0,
            ReturnRule::Held => close[row] / close[row - 1] - 1.0,
            ReturnRule::Entered => close[row] * inv_buy(row) - 1.0,
            ReturnRule::Left(net) => net / close[row - 1] - 1.0,
            ReturnRule::Through(net) => net * inv_buy(row) - 1.0,
            ReturnRule::Ratio => equity / self.before - 1.0,
        };
        self.add(units(r).zip(units(r * r)));
        self.keep_return(row, r);
        self.drawdown.take(equity);
        if let Some(lane) = block.lane {
            lane.fill_to(row, self.before);
            lane.set(row, equity, r);
        }
        self.before = equity;
        self.note(row, held);
    }

    pub(super) fn has_equity(&self) -> bool {
        self.k > 0.0
    }

    /// Cash at a row.
    #[inline(always)]
    pub(super) fn cash(&self, block: &HeldBlock, row: usize) -> f64 {
        self.k - self.q * block.tables.prepared.charges.at(self.q < 0.0, row)
    }

    /// Whether a flat account has just closed a trade with so little left that its result waits: it is all of what the
    /// account had if this bar is the ruin.
    #[inline(always)]
    pub(super) fn is_unbooked(&self) -> bool {
        self.k <= self.drawdown.ruin
    }

    /// Books the funding since the last fill.
    #[inline(always)]
    pub(super) fn charge(&mut self, block: &HeldBlock, row: usize) {
        if self.q != 0.0 {
            let now = block.tables.prepared.charges.at(self.q < 0.0, row);
            self.tally.funding += self.q * (now - self.charged);
        }
    }

    /// The equity reached 0 at the close of `row`: flat for ever.
    #[cold]
    fn ruin(&mut self, block: &HeldBlock, row: usize) {
        self.charge(block, row);
        // Of the open trade, or of that whose fill in this bar left nothing.
        self.book(row, -self.cash_before);
        self.add(units(-1.0).zip(units(1.0)));
        self.keep_return(row, -1.0);
        if let Some(lane) = block.lane {
            lane.fill_to(row, self.before);
            lane.set(row, 0.0, -1.0);
        }
        self.before = 0.0;
        (self.k, self.q) = (0.0, 0.0);
        self.drawdown.lowest = 0.0;
        (self.ruined, self.over) = (true, true);
    }
}
