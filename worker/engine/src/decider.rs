//! Who is asked for the target after each close: signals that do not know the account, or rules that do.

use crate::execution::Execution;
use crate::orders::{Distances, Targets};
use crate::prepared::Prepared;
use crate::rules::RulesAccount;
use crate::signals::Signals;
use crate::stops::Levels;
use crate::trace::ExitReason;

/// What decides in one run of an account.
#[derive(Debug)]
pub(crate) enum Decider<'a> {
    Targets(Targets<'a>),
    Rules(Box<RulesAccount<'a>>),
}

impl<'a> Decider<'a> {
    pub fn new(signals: &'a Signals, prepared: &'a Prepared<'a>, exec: &Execution) -> Decider<'a> {
        match signals {
            Signals::Rules(rules) => Decider::Rules(Box::new(RulesAccount::new(rules, prepared, exec.side))),
            _ => Decider::Targets(Targets::new(signals, exec)),
        }
    }

    /// The target after the close of row `t`, and the levels of an open position from the next bar on, if they move.
    pub fn decide(&mut self, t: usize) -> (f64, Option<Levels>) {
        match self {
            Decider::Targets(targets) => (targets.decide(t), None),
            Decider::Rules(rules) => rules.decide_by_columns(t),
        }
    }

    /// The distances of the stops of the entry last decided.
    pub fn distances(&self) -> Distances {
        match self {
            Decider::Targets(targets) => targets.distances(),
            Decider::Rules(_) => Distances::default(),
        }
    }

    /// A position was opened at `price`; the distances and levels of its stops.
    pub fn opened(&mut self, row: usize, long: bool, price: f64) -> (Distances, Levels) {
        match self {
            Decider::Targets(_) => (self.distances(), Levels::default()),
            Decider::Rules(rules) => (Distances::default(), rules.opened(row, long, price)),
        }
    }

    /// A position of this sign was closed inside a bar, by a stop, a target or the margin.
    pub fn stopped(&mut self, sign: i8) {
        match self {
            Decider::Targets(targets) => targets.block(sign),
            Decider::Rules(rules) => rules.stopped(sign > 0),
        }
    }

    /// A position was closed, whatever closed it.
    pub fn closed(&mut self, row: usize, pnl: f64) {
        if let Decider::Rules(rules) = self {
            rules.closed(row, pnl);
        }
    }

    /// The bar of a row is over, its tests done.
    pub fn follow(&mut self, row: usize) {
        if let Decider::Rules(rules) = self {
            rules.follow(row);
        }
    }

    /// Why an order closes the position.
    pub fn reason(&self) -> ExitReason {
        match self {
            Decider::Rules(rules) if rules.is_aged() => ExitReason::Time,
            _ => ExitReason::Signal,
        }
    }
}
