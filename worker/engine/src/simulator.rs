//! The oracle: one account on one symbol, bar by bar, in the order of X1.

use crate::account::{Account, Moment, ReturnRule};
use crate::decider::Decider;
use crate::execution::{Execution, Fill};
use crate::genes::Stops;
use crate::interrupt::{Interrupt, ROWS};
use crate::orders::sign;
use crate::prepared::Prepared;
use crate::signals::Signals;
use crate::stops::{Bar, Fractions, Guard, GuardEvent};
use crate::trace::{Decision, ExitReason, Trace};
use crate::window::Rows;
use std::ops::ControlFlow;

/// Equity at or below this share of the capital is ruin (X6).
pub(crate) const RUIN: f64 = 1e-9;

/// What one account is run on.
#[derive(Clone, Copy, Debug)]
pub struct Sleeve<'a> {
    /// Bars, costs and charges of the symbol, made with the same options.
    pub prepared: &'a Prepared<'a>,
    /// Decisions, one per row.
    pub signals: &'a Signals,
    /// Stop genes of the genome; those that are `None` are off.
    pub stops: Stops,
    /// Which rows count and where decisions start.
    pub rows: Rows,
    /// Capital of this account.
    pub capital: f64,
    /// Closes an open position at the last row whatever the options say (X19).
    pub close_at_end: bool,
}

/// Runs one account to the end of its rows. Never fails: what is not a number ends up in the returns (X23).
pub fn simulate(sleeve: &Sleeve, exec: &Execution) -> Trace {
    simulate_until(sleeve, exec, Interrupt::NEVER)
}

/// The same, with what was decided at each close.
pub fn decisions(sleeve: &Sleeve, exec: &Execution) -> (Trace, Vec<Decision>) {
    let mut decided = Vec::with_capacity(sleeve.prepared.len());
    let trace = recorded(sleeve, exec, Interrupt::NEVER, Some(&mut decided));
    (trace, decided)
}

/// The same until `interrupt` rises; the trace then means nothing.
pub(crate) fn simulate_until(sleeve: &Sleeve, exec: &Execution, interrupt: Interrupt) -> Trace {
    recorded(sleeve, exec, interrupt, None)
}

fn recorded(
    sleeve: &Sleeve,
    exec: &Execution,
    interrupt: Interrupt,
    mut decided: Option<&mut Vec<Decision>>,
) -> Trace {
    let (base, n) = (sleeve.rows.base(), sleeve.prepared.len());
    let counted = n.saturating_sub(base);
    let full = sleeve.rows.full && n > 0;
    let (mut equity, mut position) = (Vec::with_capacity(counted), Vec::with_capacity(counted));
    let mut returns = Vec::with_capacity(counted);
    let (account, ruined) = run(sleeve, exec, interrupt, decided.is_some(), |close| {
        equity.push(close.equity);
        position.push(close.position);
        if close.row != base || full {
            returns.push(close.change);
        }
        decided.iter_mut().for_each(|decided| decided.extend(close.decision));
        ControlFlow::Continue(())
    });
    let open_position = account.quantity() != 0.0;
    let Account { trades, fills, fees, traded, funding, .. } = account;
    let capital = sleeve.capital;
    Trace {
        base,
        full,
        capital,
        equity,
        position,
        returns,
        trades,
        fills,
        fees,
        traded,
        funding,
        ruined,
        open_position,
    }
}

/// An account at the close of a row.
#[derive(Clone, Copy, Debug)]
pub struct Close {
    /// The row.
    pub row: usize,
    /// What was decided there; `None` before the first decision and after ruin.
    pub decision: Option<Decision>,
    /// Units held, before a final close.
    pub position: f64,
    /// Worth of the account.
    pub equity: f64,
    /// Its return since the close before.
    change: f64,
}

/// Runs one account from close to close, from that at which it starts on, until `seen` breaks; nothing is kept.
pub fn follow(sleeve: &Sleeve, exec: &Execution, seen: impl FnMut(Close) -> ControlFlow<()>) {
    run(sleeve, exec, Interrupt::NEVER, true, seen);
}

/// The account at the end, and whether it was ruined.
fn run<'a>(
    sleeve: &Sleeve<'a>,
    exec: &'a Execution,
    interrupt: Interrupt,
    tells: bool,
    mut seen: impl FnMut(Close) -> ControlFlow<()>,
) -> (Account<'a>, bool) {
    let Sleeve { prepared, signals, stops, rows, capital, close_at_end } = *sleeve;
    let base = rows.base();
    let n = prepared.len();
    let mut run = Simulation {
        exec,
        prepared,
        fractions: Fractions::from(stops),
        decider: Decider::new(signals, prepared, exec),
        account: Account::new(prepared, capital, exec.taker_fee, exec.maker_fee),
        guard: None,
        opened: base,
        acted: 0.0,
        wanted: 0.0,
        tells,
        decided: None,
    };
    if rows.first == base && base < n {
        run.decide(base, n);
    }
    let mut close = Close {
        row: base,
        decision: run.decided.take(),
        position: run.account.quantity(),
        equity: capital,
        change: 0.0,
    };
    let (mut t, mut ruined) = (base, false);
    while seen(close).is_continue() {
        t += 1;
        if t >= n || t.is_multiple_of(ROWS) && interrupt.is_asked() {
            break;
        }
        if ruined {
            close = Close { row: t, decision: None, position: 0.0, equity: 0.0, change: 0.0 };
            continue;
        }
        run.account.begin_bar();
        run.fills_before_mark(t);
        if t >= rows.first {
            run.decide(t, n);
        }
        let held = run.account.quantity();
        if t + 1 == n && held != 0.0 && (exec.final_close || close_at_end) {
            run.final_close(t);
        }
        let equity = run.account.equity(t);
        let decision = run.decided.take();
        if equity <= RUIN * capital {
            run.account.ruin(t);
            ruined = true;
            close = Close { row: t, decision, position: 0.0, equity: 0.0, change: -1.0 };
            continue;
        }
        let change = run.bar_return(t, equity, close.equity);
        close = Close { row: t, decision, position: held, equity, change };
    }
    if let Some(last) = n.checked_sub(1) {
        run.account.charge(last);
    }
    (run.account, ruined)
}

struct Simulation<'a> {
    exec: &'a Execution,
    prepared: &'a Prepared<'a>,
    fractions: Fractions,
    decider: Decider<'a>,
    account: Account<'a>,
    guard: Option<Guard>,
    /// Row of the entry.
    opened: usize,
    /// The target last executed.
    acted: f64,
    /// The target of the last close.
    wanted: f64,
    /// Whether somebody wants to know what is decided.
    tells: bool,
    /// What was decided at the last close.
    decided: Option<Decision>,
}

impl Simulation<'_> {
    /// Steps (2) and (3) of X1; with `SameClose` only (3), the order follows the decision.
    fn fills_before_mark(&mut self, t: usize) {
        let same_close = self.exec.fill == Fill::SameClose;
        let at = Moment { row: t, charged: if same_close { t - 1 } else { t } };
        if self.prepared.is_tradable(t) {
            if !same_close {
                self.order(at);
            }
            self.intrabar(at, !same_close && self.opened == t);
        }
        if let Some(guard) = &mut self.guard {
            guard.follow(bar(self.prepared, t));
        }
        self.decider.follow(t);
    }

    /// Step (5), and with `SameClose` the order at this close; the order of the last close is dropped (X18).
    fn decide(&mut self, t: usize, n: usize) {
        let (wanted, levels) = self.decider.decide(t);
        self.wanted = wanted;
        if self.tells {
            let (distances, prices) = (self.decider.distances(), levels.unwrap_or_default());
            self.decided = Some(Decision {
                row: t,
                target: wanted,
                stop: prices.stop,
                take: prices.target,
                stop_distance: distances.stop,
                trail_distance: distances.trail,
            });
        }
        if let (Some(guard), Some(levels)) = (&mut self.guard, levels) {
            guard.set(levels);
        }
        if self.exec.fill == Fill::SameClose && t + 1 < n && self.prepared.is_tradable(t) {
            self.order(Moment { row: t, charged: t });
        }
    }

    fn order(&mut self, at: Moment) {
        if self.wanted == self.acted {
            return;
        }
        self.acted = self.wanted;
        let (side, held) = (sign(self.wanted), sign(self.account.quantity()));
        if held != 0 && side != held {
            self.leave(at);
        }
        if side == 0 {
            return;
        }
        let (costs, market) = (self.prepared.costs, self.prepared.market(at.row));
        let long = side > 0;
        let equity = self.account.cash(at) + self.account.quantity() * market;
        let k = (self.wanted.abs() * self.exec.fraction) * self.exec.leverage;
        let inverse = if long { costs.inv_buy(market) } else { costs.inv_sell(market) };
        let mut size = if equity > 0.0 { (k * equity) * inverse } else { 0.0 };
        if let Some(lot) = self.exec.lot {
            size = (size / lot).floor() * lot;
        }
        let opens = self.account.quantity() == 0.0;
        if size > 0.0 && opens {
            let whole = k == 1.0 && self.exec.lot.is_none();
            let price = self.account.open(at, long, size, whole);
            self.opened = at.row;
            let (distances, levels) = self.decider.opened(at.row, long, price);
            let mut guard = Guard::new(long, price, self.fractions, distances);
            guard.set(levels);
            self.guard = Some(guard);
        } else if size > 0.0 {
            self.account.adjust(at, size);
        } else if !opens {
            self.leave(at);
        }
    }

    fn leave(&mut self, at: Moment) {
        self.account.close_at_market(at, self.decider.reason());
        self.closed(at);
    }

    fn closed(&mut self, at: Moment) {
        self.guard = None;
        self.decider.closed(at.row, self.account.trades.last().map_or(0.0, |trade| trade.pnl));
    }

    fn intrabar(&mut self, at: Moment, entry: bool) {
        let Some(guard) = &self.guard else { return };
        let q = self.account.quantity();
        let liquidation = self.exec.maintenance_margin.and_then(|mm| {
            let cash = self.account.cash(at);
            if q < 0.0 {
                Some(cash / (q.abs() * (1.0 + mm)))
            } else {
                (cash < 0.0).then(|| -cash / (q * (1.0 - mm)))
            }
        });
        let Some(hit) = guard.event(bar(self.prepared, at.row), entry, liquidation) else {
            return;
        };
        let (price, reason) = match hit.event {
            GuardEvent::Stop => (self.slipped(hit.price), ExitReason::Stop),
            GuardEvent::Target => (hit.price, ExitReason::Target),
            GuardEvent::Liquidation => (hit.price, ExitReason::Liquidation),
        };
        self.account.close_at(at, price, reason);
        if let Some(trade) = self.account.trades.last_mut() {
            trade.level = Some(hit.level);
            trade.gap = hit.price != hit.level;
        }
        self.closed(at);
        self.decider.stopped(sign(q));
        self.acted = 0.0;
        self.wanted = 0.0;
    }

    fn final_close(&mut self, t: usize) {
        let price = self.slipped(self.prepared.close[t]);
        self.account.close_at(Moment { row: t, charged: t + 1 }, price, ExitReason::End);
        self.guard = None;
    }

    /// The price a market order gets that closes the position.
    fn slipped(&self, price: f64) -> f64 {
        let slippage = self.exec.slippage;
        if self.account.quantity() > 0.0 { price * (1.0 - slippage) } else { price * (1.0 + slippage) }
    }

    fn bar_return(&self, t: usize, equity: f64, before: f64) -> f64 {
        let close = &self.prepared.close;
        let inv_buy = |t: usize| self.prepared.costs.inv_buy(self.prepared.market(t));
        match if self.exec.has_ratio_returns() { ReturnRule::Ratio } else { self.account.rule } {
            ReturnRule::Flat => 0.0,
            ReturnRule::Held => close[t] / close[t - 1] - 1.0,
            ReturnRule::Entered => close[t] * inv_buy(t) - 1.0,
            ReturnRule::Left(net) => net / close[t - 1] - 1.0,
            ReturnRule::Through(net) => net * inv_buy(t) - 1.0,
            ReturnRule::Ratio => equity / before - 1.0,
        }
    }
}

impl Execution {
    /// Whether every return is E / E1 - 1 (A3): funding, borrow, lots and `SameClose`.
    pub fn has_ratio_returns(&self) -> bool {
        self.funding != crate::execution::Funding::None
            || self.borrow_rate != 0.0
            || self.lot.is_some()
            || self.fill == Fill::SameClose
    }
}

fn bar(prepared: &Prepared, t: usize) -> Bar {
    Bar { open: prepared.open[t], high: prepared.high()[t], low: prepared.low()[t] }
}
