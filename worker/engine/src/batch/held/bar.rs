//! One bar of an account in the order of X1: what the simulator does, without a record. Bars with a fill, and those
//! in which something may happen, come here; all others are taken by the range.

use super::listener::Listener;
use super::{HeldAccount, HeldBlock};
use crate::account::ReturnRule;
use crate::batch::tables::units;
use crate::orders::sign;
use crate::stops::{Bar, Guard, GuardEvent, Hit};

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
        if self.q != 0.0 && block.tables.is_open(row) {
            match self.guard {
                Some(guard) => self.intrabar(block, row, guard, entry, &mut rule, listener),
                None => self.liquidate(block, row, &mut rule, listener),
            }
        }
        if let Some(guard) = &mut self.guard {
            guard.follow_range((prepared.high[row], prepared.low[row]));
        }
        let held = self.q != 0.0;
        if last && held {
            let (c, s) = (prepared.close[row], block.exec.slippage);
            let price = if self.q > 0.0 { c * (1.0 - s) } else { c * (1.0 + s) };
            // What fell due up to the last close stands behind the last row.
            self.close_at(block, (row, row + 1), price, block.exec.taker_fee, &mut rule, listener);
        }
        self.mark(block, row, rule, held);
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
            return self.ruin(block, row);
        }
        self.tally.exposed += u64::from(held);
        let (close, inv_buy) = (&prepared.close, &prepared.costs.inv_buy);
        let r = match if block.tables.ratios { ReturnRule::Ratio } else { rule } {
            ReturnRule::Flat => 0.0,
            ReturnRule::Held => close[row] / close[row - 1] - 1.0,
            ReturnRule::Entered => close[row] * inv_buy[row] - 1.0,
            ReturnRule::Left(net) => net / close[row - 1] - 1.0,
            ReturnRule::Through(net) => net * inv_buy[row] - 1.0,
            ReturnRule::Ratio => equity / self.before - 1.0,
        };
        self.add(units(r).zip(units(r * r)));
        self.drawdown.take(equity);
        self.before = equity;
    }

    /// The order at the open, for a target: closes what is held, opens the other side on what is left, or trades the
    /// difference. Answers whether it opened.
    #[inline(always)]
    fn order(
        &mut self,
        block: &HeldBlock,
        row: usize,
        target: f64,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) -> bool {
        self.acted = target;
        let (costs, fee) = (&block.tables.prepared.costs, block.exec.taker_fee);
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
            self.tally.book(self.k - self.cash_before);
        }
        let (price, after) = match long {
            true => (costs.buy[row], cash - size * costs.gross_buy[row]),
            false => (costs.sell[row], cash + size * costs.net_sell[row]),
        };
        self.all_in = long && k == 1.0 && block.exec.lot.is_none();
        *rule =
            if self.all_in && *rule == ReturnRule::Flat { ReturnRule::Entered } else { ReturnRule::Ratio };
        self.cash_before = cash;
        self.tally.fees += (fee * size) * price;
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
        let costs = &block.tables.prepared.costs;
        let size = (k * equity) * if long { costs.inv_buy[row] } else { costs.inv_sell[row] };
        match block.exec.lot {
            Some(lot) => (size / lot).floor() * lot,
            None => size,
        }
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
        let (costs, cash) = (&prepared.costs, self.cash(block, row));
        let equity = cash + self.q * prepared.open[row];
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
            (costs.buy[row], cash - amount * costs.gross_buy[row])
        } else {
            (costs.sell[row], cash + amount * costs.net_sell[row])
        };
        self.all_in = false;
        *rule = ReturnRule::Ratio;
        self.charge(block, row);
        self.tally.fees += (exec.taker_fee * amount) * price;
        let q = self.q + change;
        self.charged = prepared.charges.at(q < 0.0, row);
        self.settle(block, after, q);
        false
    }

    /// Closes the position at the open.
    #[inline(always)]
    fn leave_at_market(
        &mut self,
        block: &HeldBlock,
        row: usize,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let (costs, fee) = (&block.tables.prepared.costs, block.exec.taker_fee);
        let cash = self.cash(block, row);
        let (net, price) = match self.q > 0.0 {
            true => (costs.net_sell[row], costs.sell[row]),
            false => (costs.gross_buy[row], costs.buy[row]),
        };
        let amount = self.q.abs() * net;
        let after = if self.q > 0.0 { cash + amount } else { cash - amount };
        self.leave(block, (row, row), after, (price, net, fee), rule, listener);
    }

    fn has_equity(&self) -> bool {
        self.k > 0.0
    }

    /// Cash at a row.
    #[inline(always)]
    fn cash(&self, block: &HeldBlock, row: usize) -> f64 {
        self.k - self.q * block.tables.prepared.charges.at(self.q < 0.0, row)
    }

    /// The stop, target or liquidation inside the bar, if its prices reach one.
    #[inline(always)]
    fn intrabar(
        &mut self,
        block: &HeldBlock,
        row: usize,
        guard: Guard,
        entry: bool,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let (q, prepared, exec) = (self.q, block.tables.prepared, block.exec);
        let bar = Bar { open: prepared.open[row], high: prepared.high[row], low: prepared.low[row] };
        let liquidation = exec.maintenance_margin.and_then(|margin| {
            let cash = self.cash(block, row);
            if q < 0.0 {
                Some(cash / (q.abs() * (1.0 + margin)))
            } else {
                (cash < 0.0).then(|| -cash / (q * (1.0 - margin)))
            }
        });
        let Some(Hit { event, price: level, .. }) = guard.event(bar, entry, liquidation) else { return };
        let (price, fee) = match event {
            GuardEvent::Stop if q > 0.0 => (level * (1.0 - exec.slippage), exec.taker_fee),
            GuardEvent::Stop => (level * (1.0 + exec.slippage), exec.taker_fee),
            GuardEvent::Target => (level, exec.maker_fee),
            GuardEvent::Liquidation => (level, exec.taker_fee),
        };
        self.close_at(block, (row, row), price, fee, rule, listener);
        self.blocked = sign(q);
        self.acted = 0.0;
        listener.stopped(sign(q));
    }

    /// The liquidation inside the bar, if its prices reach it.
    #[inline(always)]
    fn liquidate(
        &mut self,
        block: &HeldBlock,
        row: usize,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let Some(margin) = block.exec.maintenance_margin else { return };
        let (q, cash, prepared) = (self.q, self.cash(block, row), block.tables.prepared);
        let open = prepared.open[row];
        let (level, gapped, touched) = if q < 0.0 {
            let level = cash / (q.abs() * (1.0 + margin));
            (level, open >= level, prepared.high[row] >= level)
        } else {
            let level = -cash / (q * (1.0 - margin));
            let owes = cash < 0.0;
            (level, owes && open <= level, owes && prepared.low[row] <= level)
        };
        if gapped || touched {
            let price = if gapped { open } else { level };
            self.close_at(block, (row, row), price, block.exec.taker_fee, rule, listener);
            self.blocked = sign(q);
            self.acted = 0.0;
            listener.stopped(sign(q));
        }
    }

    /// Closes the position at `price`, slippage inside, in a row at the charges of another.
    #[inline(always)]
    fn close_at(
        &mut self,
        block: &HeldBlock,
        at: (usize, usize),
        price: f64,
        fee: f64,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let cash = self.cash(block, at.1);
        let net = if self.q > 0.0 { price * (1.0 - fee) } else { price * (1.0 + fee) };
        let amount = self.q.abs() * net;
        let after = if self.q > 0.0 { cash + amount } else { cash - amount };
        self.leave(block, at, after, (price, net, fee), rule, listener);
    }

    /// Closes the position, which leaves `after`: at a price, what is left of it, the fee of the fill.
    #[inline(always)]
    fn leave(
        &mut self,
        block: &HeldBlock,
        (row, charged): (usize, usize),
        after: f64,
        (price, net, fee): (f64, f64, f64),
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        *rule = match *rule {
            ReturnRule::Held if self.all_in => ReturnRule::Left(net),
            ReturnRule::Entered => ReturnRule::Through(net),
            _ => ReturnRule::Ratio,
        };
        self.charge(block, charged);
        self.tally.fees += (fee * self.q.abs()) * price;
        self.all_in = false;
        self.guard = None;
        self.q = 0.0;
        self.k = after;
        if !self.is_unbooked() {
            self.tally.book(after - self.cash_before);
        }
        listener.closed(row, after - self.cash_before);
    }

    /// Whether a flat account has just closed a trade with so little left that its result waits: it is all of what the
    /// account had if this bar is the ruin.
    #[inline(always)]
    fn is_unbooked(&self) -> bool {
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
        self.tally.book(-self.cash_before);
        self.add(units(-1.0).zip(units(1.0)));
        (self.k, self.q) = (0.0, 0.0);
        self.drawdown.lowest = 0.0;
        (self.ruined, self.over) = (true, true);
    }
}

fn listens<L: Listener>(_: &L) -> bool {
    L::GUARDS
}
