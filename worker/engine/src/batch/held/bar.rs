//! One bar of an account in the order of X1: what the simulator does, without a record. Bars with a fill, and those
//! in which something may happen, come here; all others are taken by the range.

use super::{HeldAccount, HeldBlock};
use crate::account::ReturnRule;
use crate::batch::tables::units;
use crate::orders::Distances;
use crate::stops::{Bar, Guard, GuardEvent};

impl HeldAccount {
    /// The bar of `row` with the target `side`; `last`: it is the last row and closes the position.
    #[inline]
    pub(super) fn bar(&mut self, block: &HeldBlock, row: usize, side: i8, last: bool) {
        self.pass_borders(block, row);
        let prepared = block.tables.prepared;
        let mut rule = match (self.q == 0.0, self.all_in) {
            (true, _) => ReturnRule::Flat,
            (false, true) => ReturnRule::Held,
            (false, false) => ReturnRule::Ratio,
        };
        let entry = side != self.acted && self.order(block, row, side, &mut rule);
        if self.q != 0.0 && block.tables.is_open(row) {
            match self.guard {
                Some(guard) => self.intrabar(block, row, guard, entry, &mut rule),
                None => self.liquidate(block, row, &mut rule),
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
            self.close_at(block, row + 1, price, block.exec.taker_fee, &mut rule);
        }
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

    /// The order at the open: closes what is held, opens the other side on what is left. Answers whether it opened.
    #[inline(always)]
    fn order(&mut self, block: &HeldBlock, row: usize, side: i8, rule: &mut ReturnRule) -> bool {
        self.acted = side;
        let (costs, fee) = (&block.tables.prepared.costs, block.exec.taker_fee);
        if self.q != 0.0 {
            let cash = self.cash(block, row);
            let (net, price) = match self.q > 0.0 {
                true => (costs.net_sell[row], costs.sell[row]),
                false => (costs.gross_buy[row], costs.buy[row]),
            };
            let amount = self.q.abs() * net;
            let after = if self.q > 0.0 { cash + amount } else { cash - amount };
            self.leave(block, row, after, (price, net, fee), rule);
        }
        // Flat by now: equity is cash.
        if side == 0 || !self.has_equity() {
            return false;
        }
        let (cash, k) = (self.k, block.tables.k);
        let (long, short) = (side > 0, side < 0);
        let mut size = (k * cash) * if long { costs.inv_buy[row] } else { costs.inv_sell[row] };
        if let Some(lot) = block.exec.lot {
            size = (size / lot).floor() * lot;
        }
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
        self.q = if long { size } else { -size };
        self.charged = block.tables.prepared.charges.at(short, row);
        let cash = if self.all_in { 0.0 } else { after };
        self.k = cash + self.q * self.charged;
        let level = if long { -self.k / size } else { self.k / size };
        let slack = 1e-9 * (level.abs() + block.tables.scale);
        self.trigger = if long { level + slack } else { level - slack };
        if !self.stops.is_none() {
            self.guard = Some(Guard::new(long, price, self.stops, Distances::default()));
        }
        true
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
    fn intrabar(&mut self, block: &HeldBlock, row: usize, guard: Guard, entry: bool, rule: &mut ReturnRule) {
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
        let Some((event, level)) = guard.event(bar, entry, liquidation) else { return };
        let (price, fee) = match event {
            GuardEvent::Stop if q > 0.0 => (level * (1.0 - exec.slippage), exec.taker_fee),
            GuardEvent::Stop => (level * (1.0 + exec.slippage), exec.taker_fee),
            GuardEvent::Target => (level, exec.maker_fee),
            GuardEvent::Liquidation => (level, exec.taker_fee),
        };
        self.close_at(block, row, price, fee, rule);
        self.blocked = if q > 0.0 { 1 } else { -1 };
        self.acted = 0;
    }

    /// The liquidation inside the bar, if its prices reach it.
    #[inline(always)]
    fn liquidate(&mut self, block: &HeldBlock, row: usize, rule: &mut ReturnRule) {
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
            self.close_at(block, row, if gapped { open } else { level }, block.exec.taker_fee, rule);
            self.blocked = if q > 0.0 { 1 } else { -1 };
            self.acted = 0;
        }
    }

    /// Closes the position at `price`, slippage inside; charges are those of the row `charged`.
    #[inline(always)]
    fn close_at(&mut self, block: &HeldBlock, charged: usize, price: f64, fee: f64, rule: &mut ReturnRule) {
        let cash = self.cash(block, charged);
        let net = if self.q > 0.0 { price * (1.0 - fee) } else { price * (1.0 + fee) };
        let amount = self.q.abs() * net;
        let after = if self.q > 0.0 { cash + amount } else { cash - amount };
        self.leave(block, charged, after, (price, net, fee), rule);
    }

    /// Closes the position, which leaves `after`: at a price, what is left of it, the fee of the fill.
    #[inline(always)]
    fn leave(
        &mut self,
        block: &HeldBlock,
        charged: usize,
        after: f64,
        (price, net, fee): (f64, f64, f64),
        rule: &mut ReturnRule,
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
