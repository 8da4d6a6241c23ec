//! The orders of an account: market fills at an open, or at the close that decides them.

use super::listener::Listener;
use super::{HeldAccount, HeldBlock};
use crate::account::ReturnRule;
use crate::orders::sign;
use crate::stops::Guard;

impl HeldAccount {
    /// The order for a target: closes what is held, opens the other side on what is left, or trades the
    /// difference. Answers whether it opened.
    #[inline(always)]
    pub(super) fn order(
        &mut self,
        block: &HeldBlock,
        row: usize,
        target: f64,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) -> bool {
        self.acted = target;
        let (costs, fee) = (block.tables.prepared.costs, block.exec.taker_fee);
        let market = block.tables.prepared.market(row);
        let (long, short) = (target > 0.0, target < 0.0);
        if self.q != 0.0 {
            if sign(target) == sign(self.q) {
                return self.resize(block, row, rule, listener);
            }
            self.leave_at_market(block, row, rule, listener);
        }
        // Flat by now: equity is cash.
        if target == 0.0 || !self.has_equity() {
            return false;
        }
        let cash = self.k;
        let k = (target.abs() * block.exec.fraction) * block.exec.leverage;
        let size = self.size(block, row, k, cash, long);
        if size <= 0.0 {
            return false;
        }
        if self.is_unbooked() {
            self.book(row, self.k - self.cash_before);
        }
        let (price, after) = match long {
            true => (costs.buy(market), cash - size * costs.gross_buy(market)),
            false => (costs.sell(market), cash + size * costs.net_sell(market)),
        };
        self.all_in = long && k == 1.0 && block.exec.lot.is_none();
        *rule =
            if self.all_in && *rule == ReturnRule::Flat { ReturnRule::Entered } else { ReturnRule::Ratio };
        self.cash_before = cash;
        self.pay(fee, size, price);
        self.charged = block.tables.prepared.charges.at(short, row);
        self.settle(block, if self.all_in { 0.0 } else { after }, if long { size } else { -size });
        if !self.stops.is_none() || listens(listener) {
            let (distances, levels) = listener.opened(row, long, price);
            let mut guard = Guard::new(long, price, self.stops, distances);
            guard.set(levels);
            self.guard = Some(guard);
        }
        true
    }

    /// Units that a share `k` of an equity is.
    #[inline(always)]
    fn size(&self, block: &HeldBlock, row: usize, k: f64, equity: f64, long: bool) -> f64 {
        let (costs, market) = (block.tables.prepared.costs, block.tables.prepared.market(row));
        let size = (k * equity) * if long { costs.inv_buy(market) } else { costs.inv_sell(market) };
        match block.exec.lot {
            Some(lot) => (size / lot).floor() * lot,
            None => size,
        }
    }

    /// Books the fee of a fill and what it has traded.
    #[inline(always)]
    pub(super) fn pay(&mut self, fee: f64, amount: f64, price: f64) {
        self.tally.fees += (fee * amount) * price;
        self.tally.traded += amount * price;
    }

    /// Cash and position after a fill, at the charges of now.
    #[inline(always)]
    fn settle(&mut self, block: &HeldBlock, cash: f64, q: f64) {
        self.q = q;
        self.k = cash + q * self.charged;
        let level = if q > 0.0 { -self.k / q } else { self.k / -q };
        let slack = 1e-9 * (level.abs() + block.tables.scale);
        self.trigger = if q > 0.0 { level + slack } else { level - slack };
    }

    /// Brings a position to the size of a new target of its sign: no trade of its own.
    #[inline(never)]
    fn resize(
        &mut self,
        block: &HeldBlock,
        row: usize,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) -> bool {
        let (prepared, exec, long) = (block.tables.prepared, block.exec, self.q > 0.0);
        let (costs, cash, market) = (prepared.costs, self.cash(block, row), prepared.market(row));
        let equity = cash + self.q * market;
        let k = (self.acted.abs() * exec.fraction) * exec.leverage;
        let size = if equity > 0.0 { self.size(block, row, k, equity, long) } else { 0.0 };
        if size <= 0.0 {
            self.leave_at_market(block, row, rule, listener);
            return false;
        }
        let change = if long { size - self.q } else { -size - self.q };
        if change == 0.0 {
            return false;
        }
        let amount = change.abs();
        let (price, after) = if change > 0.0 {
            (costs.buy(market), cash - amount * costs.gross_buy(market))
        } else {
            (costs.sell(market), cash + amount * costs.net_sell(market))
        };
        self.all_in = false;
        *rule = ReturnRule::Ratio;
        self.charge(block, row);
        self.pay(exec.taker_fee, amount, price);
        let q = self.q + change;
        self.charged = prepared.charges.at(q < 0.0, row);
        self.settle(block, after, q);
        false
    }

    /// Closes the position at the market.
    #[inline(always)]
    fn leave_at_market(
        &mut self,
        block: &HeldBlock,
        row: usize,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let (costs, fee) = (block.tables.prepared.costs, block.exec.taker_fee);
        let market = block.tables.prepared.market(row);
        let cash = self.cash(block, row);
        let (net, price) = match self.q > 0.0 {
            true => (costs.net_sell(market), costs.sell(market)),
            false => (costs.gross_buy(market), costs.buy(market)),
        };
        let amount = self.q.abs() * net;
        let after = if self.q > 0.0 { cash + amount } else { cash - amount };
        self.leave(block, (row, row), after, (price, net, fee), rule, listener);
    }
}

fn listens<L: Listener>(_: &L) -> bool {
    L::GUARDS
}
