//! The names of the language that are no functions: `docs/contract/rules.md`, D3.

use crate::types::{Number, Type};

/// When a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Of the market alone.
    Market,
    /// Of the account, with a position or without.
    Account,
    /// Of the open position.
    Position,
}

/// A name with its meaning.
#[derive(Debug)]
pub struct Term {
    /// The name.
    pub name: &'static str,
    /// When it is known.
    pub phase: Phase,
    /// The power of the price in it; `None`: a condition.
    pub power: Option<i32>,
    /// Whether it is a whole number.
    pub integer: bool,
    /// The denominator and weight of an exact one.
    pub exact: Option<(i128, i128)>,
    /// What it is.
    pub meaning: &'static str,
}

const fn price(name: &'static str, denominator: i128, weight: i128, meaning: &'static str) -> Term {
    let exact = Some((denominator, weight));
    Term { name, phase: Phase::Market, power: Some(1), integer: false, exact, meaning }
}

const fn plain(name: &'static str, integer: bool, meaning: &'static str) -> Term {
    Term { name, phase: Phase::Market, power: Some(0), integer, exact: None, meaning }
}

const fn begins(name: &'static str, meaning: &'static str) -> Term {
    Term { name, phase: Phase::Market, power: None, integer: false, exact: None, meaning }
}

const fn state(name: &'static str, phase: Phase, power: i32, integer: bool, meaning: &'static str) -> Term {
    Term { name, phase, power: Some(power), integer, exact: None, meaning }
}

use Phase::{Account, Position};

/// All names.
pub static TERMS: [Term; 29] = [
    price("open", 1, 1, "the open of the bar"),
    price("high", 1, 1, "the high of the bar"),
    price("low", 1, 1, "the low of the bar"),
    price("close", 1, 1, "the close of the bar"),
    price("hl2", 2, 2, "(high + low) / 2"),
    price("hlc3", 3, 3, "(high + low + close) / 3"),
    price("ohlc4", 4, 4, "(open + high + low + close) / 4"),
    price("tr", 1, 1, "the true range"),
    plain("volume", false, "the volume of the bar"),
    plain("minute", true, "the minute of the bar's open, UTC"),
    plain("hour", true, "the hour of the bar's open, UTC"),
    plain("weekday", true, "the day of the week of the bar's open, UTC: 1 is Monday, 7 is Sunday"),
    plain("day", true, "the day of the month of the bar's open, UTC"),
    plain("month", true, "the month of the bar's open, UTC"),
    plain("bar_of_day", true, "the number of the bar in its UTC day, from 0"),
    begins("new_day", "whether the bar is the first of its UTC day"),
    begins("new_month", "whether the bar is the first of its UTC month"),
    state(
        "bars_since_exit",
        Account,
        0,
        true,
        "rows since the exit of the last closed trade; 10^9 before the first",
    ),
    state(
        "last_pnl",
        Account,
        0,
        false,
        "profit of the last closed trade in the account's currency; 0 before the first",
    ),
    state("trades_today", Account, 0, true, "entries that were filled in this UTC day"),
    state("dir", Position, 0, true, "1 for a long position, -1 for a short one"),
    state("entry_price", Position, 1, false, "the price of the fill, slippage included"),
    state("bars_in_trade", Position, 0, true, "rows since the entry"),
    state("peak", Position, 1, false, "the best price since the fill"),
    state("trough", Position, 1, false, "the worst price since the fill"),
    state("profit", Position, 0, false, "dir * (close / entry_price - 1)"),
    state("initial_risk", Position, 1, false, "the distance from the fill to the stop at the fill"),
    state("r", Position, 0, false, "dir * (close - entry_price) / initial_risk"),
    state("stop_now", Position, 1, false, "the level of the stop"),
];

/// The term of a name.
pub fn term(name: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.name == name)
}

impl Term {
    /// Its type.
    pub fn ty(&self) -> Type {
        match self.power {
            Some(power) => Type::Number(Number { power, integer: self.integer, exact: self.exact.is_some() }),
            None => Type::Condition,
        }
    }
}
