//! What closes a position inside a bar, and at a price that is no market's.

use super::listener::Listener;
use super::{HeldAccount, HeldBlock};
use crate::account::ReturnRule;
use crate::orders::sign;
use crate::stops::{Bar, Guard, GuardEvent, Hit};

impl HeldAccount {
    /// The stop, target or liquidation inside the bar, if its prices reach one.
    #[inline(always)]
    pub(super) fn intrabar(
        &mut self,
        block: &HeldBlock,
        row: usize,
        guard: Guard,
        entry: bool,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let (q, prepared, exec) = (self.q, block.tables.prepared, block.exec);
        let bar = Bar { open: prepared.open[row], high: prepared.high()[row], low: prepared.low()[row] };
        let liquidation = exec.maintenance_margin.and_then(|margin| {
            let cash = self.cash(block, block.tables.charged(row));
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
        self.close_at(block, (row, block.tables.charged(row)), price, fee, rule, listener);
        self.blocked = sign(q);
        self.acted = 0.0;
        listener.stopped(sign(q));
    }

    /// The liquidation inside the bar, if its prices reach it.
    #[inline(always)]
    pub(super) fn liquidate(
        &mut self,
        block: &HeldBlock,
        row: usize,
        rule: &mut ReturnRule,
        listener: &mut impl Listener,
    ) {
        let Some(margin) = block.exec.maintenance_margin else { return };
        let charged = block.tables.charged(row);
        let (q, cash, prepared) = (self.q, self.cash(block, charged), block.tables.prepared);
        let open = prepared.open[row];
        let (level, gapped, touched) = if q < 0.0 {
            let level = cash / (q.abs() * (1.0 + margin));
            (level, open >= level, prepared.high()[row] >= level)
        } else {
            let level = -cash / (q * (1.0 - margin));
            let owes = cash < 0.0;
            (level, owes && open <= level, owes && prepared.low()[row] <= level)
        };
        if gapped || touched {
            let price = if gapped { open } else { level };
            self.close_at(block, (row, charged), price, block.exec.taker_fee, rule, listener);
            self.blocked = sign(q);
            self.acted = 0.0;
            listener.stopped(sign(q));
        }
    }

    /// Closes the position at `price`, slippage inside, in a row at the charges of another.
    #[inline(always)]
    pub(super) fn close_at(
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
    pub(super) fn leave(
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
        self.pay(fee, self.q.abs(), price);
        self.all_in = false;
        self.guard = None;
        self.q = 0.0;
        self.k = after;
        if !self.is_unbooked() {
            self.book(row, after - self.cash_before);
        }
        listener.closed(row, after - self.cash_before);
    }
}
