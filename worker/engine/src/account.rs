//! Cash, position and the fills that move them (X2 to X8, A2).

use crate::prepared::Prepared;
use crate::trace::{ExitReason, FillRecord, Trade};

/// How the return of the bar at hand is computed (A3): a rule chosen by what happened, never by the path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReturnRule {
    /// Flat from the close before to this close: the return is 0.
    Flat,
    /// All-in long throughout: the return is that of the closes.
    Held,
    /// Flat, then all-in long.
    Entered,
    /// All-in long, then flat; the net price got.
    Left(f64),
    /// All-in long inside the bar only; the net price got.
    Through(f64),
    /// Anything else: E / E1 - 1.
    Ratio,
}

/// The state between fills: E = k + q (c - F), cash = k - q F.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    prepared: &'a Prepared<'a>,
    taker_fee: f64,
    maker_fee: f64,
    k: f64,
    q: f64,
    all_in: bool,
    f_at_fill: f64,
    trade: Option<Trade>,
    cash_before: f64,
    pub rule: ReturnRule,
    pub trades: Vec<Trade>,
    pub fills: Vec<FillRecord>,
    pub fees: f64,
    pub traded: f64,
    pub funding: f64,
}

/// When a fill happens: its row, and the row whose F holds at that moment (they differ for the events of
/// `SameClose` and for the final close, which pays what falls due after the last open).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub row: usize,
    pub charged: usize,
}

impl<'a> Account<'a> {
    pub fn new(prepared: &'a Prepared<'a>, capital: f64, taker_fee: f64, maker_fee: f64) -> Account<'a> {
        Account {
            prepared,
            taker_fee,
            maker_fee,
            k: capital,
            q: 0.0,
            all_in: false,
            f_at_fill: 0.0,
            trade: None,
            cash_before: 0.0,
            rule: ReturnRule::Flat,
            trades: Vec::new(),
            fills: Vec::new(),
            fees: 0.0,
            traded: 0.0,
            funding: 0.0,
        }
    }

    pub fn quantity(&self) -> f64 {
        self.q
    }

    pub fn cash(&self, at: Moment) -> f64 {
        self.k - self.q * self.prepared.charges.at(self.q < 0.0, at.charged)
    }

    /// Equity at the close of a row.
    pub fn equity(&self, row: usize) -> f64 {
        if self.q == 0.0 {
            return self.k;
        }
        let x = self.prepared.close[row] - self.prepared.charges.at(self.q < 0.0, row);
        self.k + self.q * x
    }

    /// Chooses the rule of a bar that begins now.
    pub fn begin_bar(&mut self) {
        self.rule = match (self.q == 0.0, self.all_in) {
            (true, _) => ReturnRule::Flat,
            (false, true) => ReturnRule::Held,
            (false, false) => ReturnRule::Ratio,
        };
    }

    /// Opens a position of |q| = `size` at the market. `whole`: it uses exactly the whole equity, so a long has
    /// cash 0.0, not the rounding residue.
    pub fn open(&mut self, at: Moment, long: bool, size: f64, whole: bool) -> f64 {
        let (costs, market) = (self.prepared.costs, self.prepared.market(at.row));
        let cash = self.cash(at);
        let (price, after) = if long {
            (costs.buy(market), cash - size * costs.gross_buy(market))
        } else {
            (costs.sell(market), cash + size * costs.net_sell(market))
        };
        self.all_in = long && whole;
        self.rule = if self.all_in && self.rule == ReturnRule::Flat {
            ReturnRule::Entered
        } else {
            ReturnRule::Ratio
        };
        self.cash_before = cash;
        self.trade = Some(Trade {
            entry: at.row,
            exit: at.row,
            side: if long { 1 } else { -1 },
            entry_price: price,
            exit_price: price,
            reason: ExitReason::Signal,
            pnl: 0.0,
            fees: 0.0,
            quantity: size,
            level: None,
            gap: false,
        });
        let q = if long { size } else { -size };
        self.settle(at, if self.all_in { 0.0 } else { after }, q, q, price, self.taker_fee);
        price
    }

    /// Brings |q| to `size` at the market, same sign.
    pub fn adjust(&mut self, at: Moment, size: f64) {
        let (costs, market) = (self.prepared.costs, self.prepared.market(at.row));
        let long = self.q > 0.0;
        let change = if long { size - self.q } else { -size - self.q };
        if change == 0.0 {
            return;
        }
        let (cash, amount) = (self.cash(at), change.abs());
        let (price, after) = if change > 0.0 {
            (costs.buy(market), cash - amount * costs.gross_buy(market))
        } else {
            (costs.sell(market), cash + amount * costs.net_sell(market))
        };
        self.all_in = false;
        self.rule = ReturnRule::Ratio;
        // The position moves by what is traded: q + (size - q) is not always `size` in the last bit.
        self.settle(at, after, self.q + change, change, price, self.taker_fee);
    }

    /// Closes the position at the market.
    pub fn close_at_market(&mut self, at: Moment, reason: ExitReason) {
        let (costs, market) = (self.prepared.costs, self.prepared.market(at.row));
        let (amount, cash) = (self.q.abs(), self.cash(at));
        if self.q > 0.0 {
            let net = costs.net_sell(market);
            self.leave(at, cash + amount * net, costs.sell(market), net, self.taker_fee, reason);
        } else {
            let gross = costs.gross_buy(market);
            self.leave(at, cash - amount * gross, costs.buy(market), gross, self.taker_fee, reason);
        }
    }

    /// Closes the position at `price`, slippage inside.
    pub fn close_at(&mut self, at: Moment, price: f64, reason: ExitReason) {
        let fee = if reason == ExitReason::Target { self.maker_fee } else { self.taker_fee };
        let cash = self.cash(at);
        if self.q > 0.0 {
            let net = price * (1.0 - fee);
            self.leave(at, cash + self.q * net, price, net, fee, reason);
        } else {
            let gross = price * (1.0 + fee);
            self.leave(at, cash - self.q.abs() * gross, price, gross, fee, reason);
        }
    }

    fn leave(&mut self, at: Moment, after: f64, price: f64, net: f64, fee: f64, reason: ExitReason) {
        self.rule = match self.rule {
            ReturnRule::Held if self.all_in => ReturnRule::Left(net),
            ReturnRule::Entered => ReturnRule::Through(net),
            _ => ReturnRule::Ratio,
        };
        self.all_in = false;
        self.settle(at, after, 0.0, -self.q, price, fee);
        self.end_trade(at.row, price, after - self.cash_before, reason);
    }

    fn end_trade(&mut self, row: usize, price: f64, pnl: f64, reason: ExitReason) {
        if let Some(trade) = self.trade.take() {
            self.trades.push(Trade { exit: row, exit_price: price, pnl, reason, ..trade });
        }
    }

    fn settle(&mut self, at: Moment, cash: f64, q: f64, change: f64, price: f64, fee: f64) {
        self.charge(at.charged);
        let fee = (fee * change.abs()) * price;
        self.fees += fee;
        self.traded += change.abs() * price;
        self.fills.push(FillRecord { row: at.row, quantity: change, price, fee });
        if let Some(trade) = &mut self.trade {
            trade.fees += fee;
        }
        self.q = q;
        self.f_at_fill = self.prepared.charges.at(q < 0.0, at.charged);
        self.k = cash + q * self.f_at_fill;
    }

    /// Books the funding of the span since the last fill.
    pub fn charge(&mut self, row: usize) {
        if self.q != 0.0 {
            self.funding += self.q * (self.prepared.charges.at(self.q < 0.0, row) - self.f_at_fill);
        }
    }

    /// The equity reached 0: nothing is left. What the last trade lost beyond the account is not its loss, also where
    /// its own fill in this bar was below zero, so that trades add up to the equity.
    pub fn ruin(&mut self, row: usize) {
        self.charge(row);
        if self.trade.is_some() {
            self.end_trade(row, self.prepared.close[row], -self.cash_before, ExitReason::Ruin);
        } else if let Some(last) = self.trades.last_mut() {
            last.pnl = -self.cash_before;
        }
        self.k = 0.0;
        self.q = 0.0;
        self.all_in = false;
    }
}
