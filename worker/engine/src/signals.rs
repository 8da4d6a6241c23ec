//! What a strategy tells the simulator, row by row.

use crate::rules::Decisions;
use std::sync::Arc;

/// The decisions of one genome on one symbol. Rows before the first decision carry no meaning.
///
/// Signals are causal: row `t` depends on rows `..=t` only, and on the row of the first decision (at which
/// latches start flat and model strategies count their refits). Only [`Signals::Rules`] depend on the account.
#[derive(Clone, Debug, PartialEq)]
pub enum Signals {
    /// Target position -1, 0 or +1, unfiltered by side (X24).
    Positions(Vec<i8>),
    /// Target exposure in [-1, 1], unrounded (X14 rounds it).
    Exposure(Vec<f64>),
    /// `atr_stop_loss`: entries with a size and stops in units of the average true range (X12, X13).
    Sized(Sized),
    /// A strategy of one's own whose rules know the account, its position or its stops.
    Rules(Arc<Decisions>),
}

/// The rows of a strategy that sizes its entries by volatility.
#[derive(Clone, Debug, PartialEq)]
pub struct Sized {
    /// Entry condition of the long side (L+) at each close.
    pub enter_long: Vec<bool>,
    /// Entry condition of the short side (S+) at each close.
    pub enter_short: Vec<bool>,
    /// Average true range at each close, in price units.
    pub atr: Vec<f64>,
    /// The fixed stop lies `stop` x atr away from the fill.
    pub stop: f64,
    /// The trailing stop lies `trail` x atr away from the peak; 0 = off.
    pub trail: f64,
    /// Target exposure of an entry decided at each close: min(1, risk x close / (stop x atr)).
    pub size: Vec<f64>,
}

/// The four conditions of a two-sided rule at one close (L+, L-, S+, S-).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Whether a long position is entered (L+).
    pub enter_long: bool,
    /// Whether a long position is left (L-).
    pub leave_long: bool,
    /// Whether a short position is entered (S+).
    pub enter_short: bool,
    /// Whether a short position is left (S-).
    pub leave_short: bool,
}

/// The latch of the contract (C10): entries win over exits, a tie of both entries changes nothing.
pub fn latch(target: i8, c: Conditions) -> i8 {
    if c.enter_long && !c.enter_short {
        1
    } else if c.enter_short && !c.enter_long {
        -1
    } else if (target == 1 && c.leave_long) || (target == -1 && c.leave_short) {
        0
    } else {
        target
    }
}
